import { Argument } from "commander";
import { VERDICTS } from "../../record/sidecar.js";
import { SHELLS } from "../completion.js";
import type { CommandEntry } from "../run-command.js";

/**
 * Every command, in the order of the help. The help of the program needs no more than this table. So a
 * command's own module is loaded only if the command was chosen.
 */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "demo",
    description: "Hold a call with stand-in speech services, record it and show the record.",
    load: async () => (await import("./demo-command.js")).demoCommand,
  },
  {
    name: "list",
    description:
      "List calls, the newest first: the worst of what is to be known, when, who, how long, the median wait.",
    arguments: [
      new Argument(
        "[query...]",
        "which calls, in quotes, e.g. 'finding:bad since:7d e2e:>2s -refund'; after -- if it begins with a dash",
      ),
    ],
    load: async () => (await import("./list-command.js")).listCommand,
  },
  {
    name: "show",
    description:
      "Show a conversation: what is to be known of it, what was heard, and how long the caller waited for each reply.",
    arguments: [
      new Argument(
        "[file]",
        "a conversation's JSON file, or its name (default: the newest); with @1:12.4 the turn at that moment",
      ),
    ],
    load: async () => (await import("./show-command.js")).showCommand,
  },
  {
    name: "search",
    description:
      "Search what was said in all calls, the newest first. Each hit has the name and moment that show takes.",
    arguments: [
      new Argument(
        "<query...>",
        "words, \"phrases\" and fields, in quotes, e.g. 'refund role:user since:2h'; after -- if it begins with a dash",
      ),
    ],
    load: async () => (await import("./search-command.js")).searchCommand,
  },
  {
    name: "stats",
    description:
      "Count what many calls tell together: waits by stage, how they are spread, by day, and findings in 100 calls. " +
      "P95 is told from 20 replies on, P99 from 100.",
    arguments: [
      new Argument("[query...]", "which calls, in quotes, e.g. 'since:7d agent:parcel_desk'"),
    ],
    load: async () => (await import("./stats-command.js")).statsCommand,
  },
  {
    name: "compare",
    description:
      "Compare calls of before and after: waits, stages and findings, each with an interval, or that nobody can tell. " +
      "Two single calls stand side by side, turn by turn.",
    arguments: [
      new Argument(
        "<a>",
        "the calls of before: a query, in quotes, e.g. 'version:1.4', or a folder, or one call",
      ),
      new Argument("<b>", "the calls of after, e.g. 'version:1.5 since:7d'"),
    ],
    load: async () => (await import("./compare-command.js")).compareCommand,
  },
  {
    name: "tail",
    description:
      "Follow a call while it goes on: each message as it is heard, and where the wait for each reply went. It ends when the call does.",
    arguments: [
      new Argument("[call]", "its name, or its JSON file (default: the newest open call)"),
    ],
    load: async () => (await import("./tail-command.js")).tailCommand,
  },
  {
    name: "summary",
    description:
      "Sum up a call: turns, times, key phrases, findings. With --llm a language model says in words what it was about.",
    arguments: [new Argument("[call]", "its name, or its JSON file (default: the newest)")],
    load: async () => (await import("./summary-command.js")).summaryCommand,
  },
  {
    name: "latency",
    description:
      "How long callers waited for replies, and for what, over one conversation or many. " +
      "P95 is told from 20 replies on, P99 from 100.",
    arguments: [
      new Argument(
        "[files...]",
        "conversations' JSON files, or their names (default: all in the directory)",
      ),
    ],
    load: async () => (await import("./latency-command.js")).latencyCommand,
  },
  {
    name: "query",
    description:
      "Ask for anything in SQL: one SELECT over conversations, messages, turns, findings, events, unspoken and words. " +
      "It needs DuckDB, which is not installed with TalkTrace. It reads calls and nothing else, and writes nothing.",
    arguments: [new Argument("[sql]", "the SELECT, in quotes; - reads it from stdin")],
    load: async () => (await import("./query-command.js")).queryCommand,
  },
  {
    name: "check",
    description:
      "Fail where calls are not what they may be, for CI. Without options a bad finding in any call fails.",
    arguments: [new Argument("[query...]", "which calls, as list takes it (default: all)")],
    load: async () => (await import("./check-command.js")).checkCommand,
  },
  {
    name: "export",
    description:
      "Write calls in the form that somebody else uses. docs/formats.md says what each form keeps and loses.",
    arguments: [
      new Argument(
        "[calls...]",
        "names, or JSON files (default: the newest); with @1:12.4 the part round that moment",
      ),
    ],
    load: async () => (await import("./export-command.js")).exportCommand,
  },
  {
    name: "replay",
    description: "Send the spans of calls to an OTLP endpoint again, with the ids of the record.",
    arguments: [new Argument("[calls...]", "names, or JSON files (default: the newest)")],
    load: async () => (await import("./replay-command.js")).replayCommand,
  },
  {
    name: "tag",
    description:
      "Give a call tags, which the query tag: finds. They stand in NAME.tags.json beside the call, which itself is not changed.",
    arguments: [
      new Argument("[call]", "its name, or its JSON file; with --rules a query of calls"),
      new Argument(
        "[tags...]",
        "letters, digits and _.:/-, at most 64; none: the call's are shown",
      ),
    ],
    load: async () => (await import("./tag-command.js")).tagCommand,
  },
  {
    name: "note",
    description: "Write a note about a call, or about a moment of it.",
    arguments: [
      new Argument("<call>", "its name, or its JSON file; with @1:12.4 that moment of it"),
      new Argument("[text...]", "what is to be noted"),
    ],
    load: async () => (await import("./note-command.js")).noteCommand,
  },
  {
    name: "verdict",
    description: "Say how good a call was, which the query verdict: finds.",
    arguments: [
      new Argument("<call>", "its name, or its JSON file"),
      new Argument("<verdict>", "how good it was; none takes a verdict away").choices([
        ...VERDICTS,
        "none",
      ]),
    ],
    load: async () => (await import("./verdict-command.js")).verdictCommand,
  },
  {
    name: "open",
    description:
      "Open the trace of a call in Jaeger, at the moment that is named. Where no browser is, the address is printed.",
    arguments: [
      new Argument(
        "[call]",
        "its name, or its JSON file; with @1:12.4 that moment (default: the newest)",
      ),
    ],
    load: async () => (await import("./open-command.js")).openCommand,
  },
  {
    name: "serve",
    description:
      "Serve a local page over the calls: it lists them, opens a call where it went wrong, and follows a call that runs.",
    load: async () => (await import("./serve-command.js")).serveCommand,
  },
  {
    name: "verify",
    description:
      "Say of each file whether it is what it should be: the document, its journal and its tags. Nothing is changed.",
    arguments: [new Argument("[files...]", "JSON files, or names (default: all in the directory)")],
    load: async () => (await import("./verify-command.js")).verifyCommand,
  },
  {
    name: "doctor",
    description:
      "Look at what recording needs: folder, disk, modes, endpoint, versions, copies of OpenTelemetry and LiveKit, waiting spans, settings. Nothing is changed.",
    load: async () => (await import("./doctor-command.js")).doctorCommand,
  },
  {
    name: "recover",
    description:
      "Complete the conversations of processes that died, and send the spans that they left. Agents do it at their first call.",
    arguments: [new Argument("[folder]", "where the conversations are (default: --directory)")],
    load: async () => (await import("./recover-command.js")).recoverCommand,
  },
  {
    name: "forget",
    description:
      "Delete calls whole: documents, journals, texts, tags, sound, what was set aside, waiting spans, and their rows of the index.",
    arguments: [
      new Argument(
        "[calls...]",
        "names, or JSON files; or a query, in quotes, e.g. 'room:test until:30d'",
      ),
    ],
    load: async () => (await import("./forget-command.js")).forgetCommand,
  },
  {
    name: "import",
    description:
      "Import calls that were recorded elsewhere, from files, folders and ZIPs. A file's form is told by its content.",
    arguments: [
      new Argument("<files...>", "files, folders or ZIPs; docs/imports.md has the forms"),
    ],
    load: async () => (await import("./import-command.js")).importCommand,
  },
  {
    name: "completion",
    description: "Print a script that makes a shell complete commands, options and names of calls.",
    arguments: [new Argument("<shell>", "the shell that runs the script").choices(SHELLS)],
    load: async () => (await import("./completion-command.js")).completionCommand,
  },
];

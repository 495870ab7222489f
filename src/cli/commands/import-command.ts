import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { readTelemetrySettings } from "../../../otel/settings.js";
import { DAY_MS } from "../../platform/keep-days.js";
import { conversationsDirectory } from "../conversations-directory.js";
import { CallImport } from "../import/import-calls.js";
import { defineCommand } from "../run-command.js";
import {
  type ImportedCall,
  formatImportCount,
  formatImportedCall,
} from "../text/imported-calls.js";

interface ImportOptions {
  files: string[];
  to: string;
  channels?: Role[];
}

type Role = "user" | "agent";

interface ImportAnswer {
  calls: ImportedCall[];
  notes: string[];
}

export const importCommand = defineCommand<ImportOptions, ImportAnswer>({
  options: [
    new Option("--to <path>", "the folder of the conversations").default(conversationsDirectory()),
    new Option(
      "--channels <roles>",
      "who is on each channel of a recording, or each speaker of one channel, e.g. user,agent",
    ).argParser(readRoles),
  ],
  // It reads the given files, and no conversations.
  readsSource: false,
  exitCodes: { 0: "every given file was imported, or was known", 1: "one was not" },
  examples: [
    "talktrace import session_report.json",
    "talktrace import traces.jsonl calls.zip --to imported",
    "talktrace import deepgram.json --channels user,agent",
  ],
  async answer(_source, { files, to, channels }, run) {
    const calls: ImportedCall[] = [];
    const into = await CallImport.open(to);
    for (const file of files) {
      for await (const call of into.import(file, channels === undefined ? {} : { channels })) {
        calls.push(call);
        if (call.outcome === "refused") run.setExitCode(1);
        run.emit(call, formatImportedCall);
      }
    }
    return { calls, notes: [...describeRemoval(calls, to)] };
  },
  toText: ({ calls }) => formatImportCount(calls),
  toJson: ({ calls }) => calls,
  toNotes: ({ notes }) => notes,
});

function readRoles(text: string): Role[] {
  return text.split(",").map((part) => {
    const role = part.trim();
    if (role === "user" || role === "agent") return role;
    throw new InvalidArgumentError('Give "user" or "agent" for each channel, e.g. user,agent.');
  });
}

/** A call that is older than `TALKTRACE_KEEP_DAYS` is removed as soon as an agent starts. */
function describeRemoval(calls: readonly ImportedCall[], to: string): string[] {
  const { keepDays, directory } = readTelemetrySettings(process.env, () => undefined);
  if (keepDays === undefined || resolve(directory) !== resolve(to)) return [];
  const before = Date.now() - keepDays * DAY_MS;
  const old = calls.filter(({ path, outcome }) => {
    const day = /conversation_(\d{4})(\d\d)(\d\d)_\d{6}/.exec(path ?? "");
    if (day === null || outcome !== "imported") return false;
    const [year = 0, month = 0, date = 0] = day.slice(1).map(Number);
    return year > 0 && new Date(year, month - 1, date).getTime() < before;
  });
  if (old.length === 0) return [];
  return [
    `${old.length} of them began more than ${keepDays} days ago: the next call of an agent removes them (TALKTRACE_KEEP_DAYS); ` +
      "import them into another folder with --to to keep them",
  ];
}

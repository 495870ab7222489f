import { InvalidArgumentError, Option } from "commander";
import {
  type CallSummary,
  LATENCY_GROUPINGS,
  type LatencyChange,
  type LatencyGroup,
  type LatencyGrouping,
  collectLatencies,
  compareLatencies,
  readMoment,
  summarizeCall,
} from "../../insight/index.js";
import { type CommandSource, defineCommand } from "../run-command.js";
import {
  formatLatencyChange,
  formatLatencyChangeCsv,
  formatLatencyCsv,
  formatLatencyGroup,
} from "../text/latency-table.js";

interface LatencyOptions {
  files: string[];
  by: LatencyGrouping;
  since?: number;
  until?: number;
  /** How long before, in milliseconds. */
  against?: number;
  demo?: boolean;
  csv?: boolean;
}

interface LatencyAnswer {
  groups: LatencyGroup[];
  change: LatencyChange | undefined;
  /** How many conversations were counted. */
  conversations: number;
  /** How many calls of the demo were left out. */
  demos: number;
  isCsv: boolean;
}

export const latencyCommand = defineCommand<LatencyOptions, LatencyAnswer>({
  options: [
    new Option(
      "--by <what>",
      "what to tell replies apart by: nothing (all), their agent, the model of one kind, or time",
    )
      .choices(LATENCY_GROUPINGS)
      .default("all"),
    new Option("--since <when>", "only calls since then, e.g. 7d, yesterday, 2026-11-22").argParser(
      parseMoment,
    ),
    new Option("--until <when>", "only calls before then").argParser(parseMoment),
    new Option(
      "--against <length>",
      "compare with the calls of that long before --since, e.g. 7d; without --since the last 7d with the 7d before",
    )
      .argParser(parseLength)
      .conflicts("by"),
    new Option("--demo", "count calls of the demo too, which are left out unless they are named"),
    new Option("--csv", "print CSV").conflicts(["json", "jsonl"]),
  ],
  readsSource: true,
  examples: [
    "talktrace latency --since 30d --by week",
    "talktrace latency --since 1d --against 7d",
    "talktrace latency --by llm --csv > latency.csv",
  ],
  async answer(source, options) {
    const { files, by, until = Infinity, against, demo = files.length > 0 } = options;
    if (against !== undefined && files.length > 0)
      throw new Error("Cannot compare named calls by time: leave out --against, or the names");
    const since =
      options.since ?? (against === undefined ? -Infinity : Math.min(until, Date.now()) - against);
    const isBounded = since !== -Infinity || until !== Infinity;
    const collector = collectLatencies(by);
    const [before, after]: [CallSummary[], CallSummary[]] = [[], []];
    let [conversations, demos] = [0, 0];
    for await (const call of readCalls(source, files)) {
      // A call without a date is in no stretch of time: NaN is not after a bound, nor before one.
      const startedMs = call.startedMs ?? NaN;
      if (isBounded && !(startedMs < until && startedMs >= since - (against ?? 0))) continue;
      if (call.demo && !demo) {
        demos += 1;
        continue;
      }
      if (startedMs < since) {
        before.push(call);
        continue;
      }
      conversations += 1;
      collector.add(call);
      if (against !== undefined) after.push(call);
    }
    const change = against === undefined ? undefined : compareLatencies(before, after);
    const groups = collector.groups();
    return { groups, change, conversations, demos, isCsv: options.csv === true };
  },
  toText({ groups, change, conversations, isCsv }, screen) {
    if (isCsv)
      return change === undefined ? formatLatencyCsv(groups) : formatLatencyChangeCsv(change);
    if (change !== undefined) return formatLatencyChange(change, screen);
    if (groups.length === 0) return "";
    const calls = `${conversations} ${conversations === 1 ? "call" : "calls"}`;
    return [
      `Waits for a reply in seconds, ${calls}`,
      ...groups.map((group) => formatLatencyGroup(group, screen)),
    ].join("\n\n");
  },
  toJson: ({ groups, change }) => change ?? groups,
  toNotes: ({ groups, change, conversations, demos }, isJson) =>
    isJson
      ? []
      : [
          ...(groups.length > 0 || change !== undefined
            ? []
            : [`No reply in ${conversations} conversations has a wait`]),
          ...(demos === 0
            ? []
            : [
                `${demos} ${demos === 1 ? "call of the demo is" : "calls of the demo are"} left out; --demo counts them`,
              ]),
        ],
});

async function* readCalls(
  source: CommandSource,
  files: readonly string[],
): AsyncGenerator<CallSummary> {
  for (const file of files) {
    const { name, conversation } = await source.readNamed(file);
    yield summarizeCall(name, conversation, source.config);
  }
  if (files.length > 0) return;
  if ((await source.list()).length === 0)
    throw new Error(
      `Cannot tell latencies: there is no conversation in "${source.name}"; name a file, or make one with "talktrace demo"`,
    );
  yield* source.readSummaries();
}

function parseMoment(given: string): number {
  try {
    return readMoment(given, new Date());
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** The length of `7d`, as the way from that moment to now. */
function parseLength(given: string): number {
  if (!/^\d+(?:\.\d+)?(?:m|h|d|w)$/.test(given))
    throw new InvalidArgumentError("It must be a length of time, such as 7d, 12h or 2w.");
  const now = new Date();
  return now.getTime() - readMoment(given, now);
}

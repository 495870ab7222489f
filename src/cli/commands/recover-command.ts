import { access } from "node:fs/promises";
import { join } from "node:path";
import { Option } from "commander";
import type { SendReport } from "../../../otel/send-waiting.js";
import {
  type TelemetrySettings,
  readTelemetrySettings,
  spoolDirectoryOf,
} from "../../../otel/settings.js";
import { DAY_MS } from "../../platform/keep-days.js";
import { messageOf } from "../../platform/message-of.js";
import {
  type LeftAlone,
  type RecoveryReport,
  FILE_LIMITS,
  STORE_LIMITS,
  describeRemoval,
  explainUnreachable,
  recoverConversations,
  removeOldConversations,
} from "../../store/index.js";
import { conversationsDirectory } from "../conversations-directory.js";
import { type CommandRun, defineCommand } from "../run-command.js";

interface RecoverOptions {
  directory: string;
  folder?: string;
}

interface RecoverAnswer {
  directory: string;
  reports: RecoveryReport[];
  left: (LeftAlone & { problem?: string })[];
  /** Undefined if no spans wait. */
  spans: SendReport | undefined;
  /** One line about recordings that were removed because of their age. */
  removed: string | undefined;
}

export const recoverCommand = defineCommand<RecoverOptions, RecoverAnswer>({
  options: [
    new Option("--directory <path>", "where the conversations are").default(
      conversationsDirectory(),
    ),
  ],
  // It completes files, and a source need not have files.
  readsSource: false,
  async answer(_source, options, run) {
    const directory = options.folder ?? options.directory;
    await access(directory).catch((error: unknown) => {
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      throw new Error(
        `Cannot recover conversations in "${directory}": ${isMissing ? "there is no such directory" : messageOf(error)}`,
        { cause: error },
      );
    });
    const left: RecoverAnswer["left"] = [];
    const reports = await recoverConversations(directory, {
      maxBytes: FILE_LIMITS.maxBytes,
      onLeftAlone: (journal) => left.push(journal),
      // The rows of the answer hold these problems.
      onProblem: () => undefined,
    });
    for (const each of left) {
      const fact = await explainUnreachable(join(directory, `${each.name}.journal`));
      if (fact !== undefined) each.problem = `"${each.name}.journal" cannot be read: ${fact}`;
    }
    if (reports.some(({ problem }) => problem !== undefined)) run.setExitCode(1);
    const settings = { ...readTelemetrySettings(process.env, run.report), directory };
    const removed = await removeOld(settings, run);
    const spans = await sendSpans(settings, run);
    return { directory, reports, left, spans, removed };
  },
  toText: ({ directory, reports, ...rest }) =>
    [
      ...reports.map(
        ({ path, outcome, messages, problem }) =>
          `${outcome}  ${path}  ${messages} messages${problem ? `: ${problem}` : ""}`,
      ),
      ...(reports.length === 0 ? [`Nothing to recover in "${directory}"`] : []),
      ...describeRest(rest),
    ].join("\n"),
  toJson: ({ reports }) => reports,
  toNotes: (answer, isJson) => (isJson ? describeRest(answer) : []),
});

/**
 * Sends waiting spans to the endpoint of the standard variables. The exit code is 1 if the endpoint was
 * set but does not take them.
 */
async function sendSpans(
  settings: TelemetrySettings,
  run: CommandRun,
): Promise<SendReport | undefined> {
  // It is loaded here, because the other commands do not need OpenTelemetry.
  const { sendWaiting } = await import("../../../otel/send-waiting.js");
  const spans = await sendWaiting(settings, run.report);
  if (spans !== undefined && spans.waiting > 0 && settings.isTracesAsked) run.setExitCode(1);
  return spans;
}

/** Removes recordings that are older than `TALKTRACE_KEEP_DAYS`, as an agent does at its first call. */
async function removeOld(
  settings: TelemetrySettings,
  run: CommandRun,
): Promise<string | undefined> {
  const { directory, keepDays } = settings;
  if (keepDays === undefined) return undefined;
  const removal = await removeOldConversations(directory, { keepDays });
  const { removeOldSpoolFiles } = await import("../../../otel/spool/remove-old.js");
  const beforeMs = Date.now() - keepDays * DAY_MS;
  const spoolFiles = removeOldSpoolFiles(spoolDirectoryOf(settings), beforeMs);
  if (removal.problem !== undefined) {
    run.report(removal.problem);
    run.setExitCode(1);
  }
  return describeRemoval(removal, spoolFiles, keepDays);
}

/** What the answer holds beside the conversations that were completed. */
function describeRest({
  left,
  spans,
  removed,
}: Pick<RecoverAnswer, "left" | "spans" | "removed">): string[] {
  return [
    ...describeLeftAlone(left),
    ...describeSpans(spans),
    ...(removed === undefined ? [] : [removed]),
  ];
}

function describeSpans(spans: SendReport | undefined): string[] {
  if (spans === undefined) return [];
  const { directory, url, sent, waiting, dropped, filesInUse } = spans;
  if (url === undefined)
    return [`Not sent: the spans in "${directory}", because the settings name no place for them`];
  return [
    ...(sent > 0 ? [`Sent ${countSpans(sent)} of "${directory}" to ${url}`] : []),
    ...(dropped > 0 ? [`Dropped ${countSpans(dropped)} of "${directory}"`] : []),
    ...(waiting > 0
      ? [
          `Not sent: ${countSpans(waiting)} of "${directory}", because ${url} does not take them; ` +
            "set OTEL_EXPORTER_OTLP_ENDPOINT to one that does, and run this again",
        ]
      : []),
    ...(filesInUse > 0
      ? [
          `Left alone: ${filesInUse} ${filesInUse === 1 ? "file" : "files"} of spans in "${directory}" ` +
            "that a living process has in hand, or one that cannot be asked from here",
        ]
      : []),
  ];
}

function countSpans(count: number): string {
  return count === 1 ? "1 span" : `${count} spans`;
}

/** One line for each reason, with the number of conversations. */
function describeLeftAlone(left: RecoverAnswer["left"]): string[] {
  const count = (wanted: LeftAlone["reason"]): number =>
    left.filter(({ reason, problem }) => reason === wanted && problem === undefined).length;
  const line = (n: number, why: string): string[] =>
    n === 0 ? [] : [`Left alone: ${n} ${n === 1 ? "conversation" : "conversations"} ${why}`];
  const minutes = STORE_LIMITS.foreignQuietMs / 60_000;
  return [
    ...left.flatMap(({ problem }) => (problem === undefined ? [] : [`Left alone: ${problem}`])),
    ...line(count("alive"), "that a living process has in hand"),
    ...line(
      count("recent"),
      `whose process cannot be asked from here, written to in the last ${minutes} minutes; try again later`,
    ),
  ];
}

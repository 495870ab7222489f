import { access } from "node:fs/promises";
import { Argument, Option } from "commander";
import {
  type LeftAlone,
  type RecoveryReport,
  FILE_LIMITS,
  STORE_LIMITS,
  recoverConversations,
} from "../../store/index.js";
import { conversationsDirectory } from "../conversations-directory.js";
import { defineCommand } from "../run-command.js";

interface RecoverOptions {
  directory: string;
  folder?: string;
}

interface RecoverAnswer {
  directory: string;
  reports: RecoveryReport[];
  left: LeftAlone[];
}

export const recoverCommand = defineCommand<RecoverOptions, RecoverAnswer>({
  name: "recover",
  description:
    "Complete the conversations of processes that died. Agents do it at their first call.",
  arguments: [new Argument("[folder]", "where the conversations are (default: --directory)")],
  options: [
    new Option("--directory <path>", "where the conversations are").default(
      conversationsDirectory(),
    ),
  ],
  // It completes files, which a source does not have.
  readsSource: false,
  async answer(_source, options, run) {
    const directory = options.folder ?? options.directory;
    await access(directory).catch((error: unknown) => {
      const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
      throw new Error(
        `Cannot recover conversations in "${directory}": ${isMissing ? "there is no such directory" : error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    });
    const left: LeftAlone[] = [];
    const reports = await recoverConversations(directory, {
      maxBytes: FILE_LIMITS.maxBytes,
      onLeftAlone: (journal) => left.push(journal),
      // What is told here stands in the rows.
      onProblem: () => undefined,
    });
    if (reports.some(({ problem }) => problem !== undefined)) run.setExitCode(1);
    return { directory, reports, left };
  },
  toText: ({ directory, reports, left }) =>
    [
      ...reports.map(
        ({ path, outcome, messages, problem }) =>
          `${outcome}  ${path}  ${messages} messages${problem ? `: ${problem}` : ""}`,
      ),
      ...(reports.length === 0 ? [`Nothing to recover in "${directory}"`] : []),
      ...describeLeftAlone(left),
    ].join("\n"),
  toJson: ({ reports }) => reports,
  toNotes: ({ left }, isJson) => (isJson ? describeLeftAlone(left) : []),
});

/** A line for each reason, with how many there are. */
function describeLeftAlone(left: readonly LeftAlone[]): string[] {
  const count = (wanted: LeftAlone["reason"]): number =>
    left.filter(({ reason }) => reason === wanted).length;
  const line = (n: number, why: string): string[] =>
    n === 0 ? [] : [`Left alone: ${n} ${n === 1 ? "conversation" : "conversations"} ${why}`];
  const minutes = STORE_LIMITS.foreignQuietMs / 60_000;
  return [
    ...line(count("alive"), "that a living process has in hand"),
    ...line(
      count("recent"),
      `whose process cannot be asked from here, written to in the last ${minutes} minutes; try again later`,
    ),
  ];
}

import { existsSync } from "node:fs";
import { Command } from "commander";
import { conversationsDirectory } from "../conversations-directory.js";
import { recoverConversations, STORE_LIMITS } from "../../store/index.js";
import type { LeftAlone } from "../../store/index.js";

export function createRecoverCommand(): Command {
  return new Command("recover")
    .description(
      "Complete the conversations of processes that died. Agents do it at their first call.",
    )
    .argument("[directory]", "where the conversations are", conversationsDirectory())
    .option("--json", "print what was done as JSON")
    .exitOverride()
    .action(async (directory: string, { json }: { json?: boolean }) => {
      if (!existsSync(directory)) {
        throw new Error(
          `Cannot recover conversations in "${directory}": there is no such directory`,
        );
      }
      const left: LeftAlone[] = [];
      const reports = await recoverConversations(directory, {
        onLeftAlone: (journal) => left.push(journal),
        // What is told here stands in the rows.
        onProblem: () => undefined,
      });
      const notes = describeLeftAlone(left);
      if (json === true) {
        process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
        process.stderr.write(notes);
      } else {
        for (const { path, outcome, messages, problem } of reports) {
          process.stdout.write(
            `${outcome}  ${path}  ${messages} messages${problem ? `: ${problem}` : ""}\n`,
          );
        }
        if (reports.length === 0) process.stdout.write(`Nothing to recover in "${directory}"\n`);
        process.stdout.write(notes);
      }
      if (reports.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
    });
}

/** A line for each reason, with how many there are. */
function describeLeftAlone(left: readonly LeftAlone[]): string {
  const count = (wanted: LeftAlone["reason"]): number =>
    left.filter(({ reason }) => reason === wanted).length;
  const line = (n: number, why: string): string =>
    n === 0 ? "" : `Left alone: ${n} ${n === 1 ? "conversation" : "conversations"} ${why}\n`;
  const minutes = STORE_LIMITS.foreignQuietMs / 60_000;
  return (
    line(count("alive"), "that a living process has in hand") +
    line(
      count("recent"),
      `whose process cannot be asked from here, written to in the last ${minutes} minutes; try again later`,
    )
  );
}

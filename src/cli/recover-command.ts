import { existsSync } from "node:fs";
import { Command } from "commander";
import { conversationsDirectory } from "./conversations-directory.js";
import { recoverConversations } from "../store/index.js";

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
      const reports = await recoverConversations(directory);
      if (json === true) {
        process.stdout.write(`${JSON.stringify(reports, null, 2)}\n`);
      } else {
        for (const { path, outcome, messages, problem } of reports) {
          process.stdout.write(
            `${outcome}  ${path}  ${messages} messages${problem ? `: ${problem}` : ""}\n`,
          );
        }
        if (reports.length === 0) process.stdout.write(`Nothing to recover in "${directory}"\n`);
      }
      if (reports.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
    });
}

/** A process that recovers a folder. Options: `directory`; `wait`: to be attached to first. */
import { writeSync } from "node:fs";

import { recoverConversations } from "../../../dist/src/store/index.js";
import { showThreads } from "./threads.mjs";

const { directory, wait, foreignQuietMs } = JSON.parse(process.argv[2]);
if (wait) await showThreads();
const problems = [];
const reports = await recoverConversations(directory, {
  onProblem: (line) => problems.push(line),
  ...(foreignQuietMs !== undefined && { foreignQuietMs }),
});
writeSync(3, `${JSON.stringify({ reports, problems })}\n`);
process.exit(0);

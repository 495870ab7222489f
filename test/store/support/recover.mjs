// Recovers a folder and prints its reports as one line.
import { recoverConversations } from "../../../dist/src/store/index.js";

const reports = await recoverConversations(process.argv[2], { onProblem() {} });
process.stdout.write(`${JSON.stringify(reports)}\n`);

// Recovers a folder, and prints how long the event loop was at work for it, in milliseconds:
// `node recover-beside.mjs FOLDER recoverConversations|recoverBesideCalls`
import { performance } from "node:perf_hooks";

import { recoverBesideCalls, recoverConversations } from "../../../dist/src/store/index.js";

const [, , directory, how] = process.argv;
const before = performance.eventLoopUtilization();
const recover = how === "recoverBesideCalls" ? recoverBesideCalls : recoverConversations;
const reports = await recover(directory, { onProblem: () => undefined });
const { active } = performance.eventLoopUtilization(before);
process.stdout.write(
  `${JSON.stringify({ activeMs: active, outcomes: reports.map(({ outcome }) => outcome) })}\n`,
);

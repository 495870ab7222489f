import { parentPort, workerData } from "node:worker_threads";

import { recoverConversations } from "./recover.js";
import type { LeftAlone, RecoveryReport } from "./recovery-report.js";

/** The data that starts the worker. */
export interface RecoveryTask {
  directory: string;
  foreignQuietMs?: number;
  maxBytes?: number;
}

/** The messages of the worker. `reports` is the last one. */
export type RecoveryMessage =
  | { problem: string }
  | { leftAlone: LeftAlone }
  | { reports: RecoveryReport[] };

const post = (message: RecoveryMessage): void => parentPort?.postMessage(message, []);

/** Recovers a folder in a worker thread (see `recoverBesideCalls`). */
const { directory, ...options } = workerData as RecoveryTask;
const reports = await recoverConversations(directory, {
  ...options,
  onProblem: (problem) => post({ problem }),
  onLeftAlone: (leftAlone) => post({ leftAlone }),
});
post({ reports });

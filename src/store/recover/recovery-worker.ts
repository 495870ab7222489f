import { parentPort, workerData } from "node:worker_threads";

import { type LeftAlone, type RecoveryReport, recoverConversations } from "./recover.js";

/** What the worker is started with. */
export interface RecoveryTask {
  directory: string;
  foreignQuietMs?: number;
  maxBytes?: number;
}

/** What it posts. `reports` is the last message. */
export type RecoveryMessage =
  | { problem: string }
  | { leftAlone: LeftAlone }
  | { reports: RecoveryReport[] };

const post = (message: RecoveryMessage): void => parentPort?.postMessage(message, []);

/** Recovers a folder in a thread of its own: see `recoverBesideCalls`. */
const { directory, ...options } = workerData as RecoveryTask;
const reports = await recoverConversations(directory, {
  ...options,
  onProblem: (problem) => post({ problem }),
  onLeftAlone: (leftAlone) => post({ leftAlone }),
});
post({ reports });

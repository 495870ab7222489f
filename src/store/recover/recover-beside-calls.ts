import { Worker } from "node:worker_threads";

import { toAbsolute } from "../../platform/absolute-path.js";
import { writeToStderr } from "../../record/index.js";
import { FILE_LIMITS, STORE_LIMITS } from "../disk/limits.js";
import { hasLeftovers, recoverConversations } from "./recover.js";
import type { RecoveryOptions, RecoveryReport } from "./recovery-report.js";
import type { RecoveryMessage, RecoveryTask } from "./recovery-worker.js";

/**
 * `recoverConversations` for a process that holds calls. Journals are read and completed in a worker
 * thread, because a journal of many megabytes would block the event loop for seconds. If no worker can
 * be started (a bundler may have lost its file), small files are recovered on the event loop, and
 * larger ones wait for `talktrace recover`.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function recoverBesideCalls(
  directory: string,
  options: RecoveryOptions = {},
): Promise<RecoveryReport[]> {
  const folder = toAbsolute(directory);
  const limits = {
    foreignQuietMs: options.foreignQuietMs ?? STORE_LIMITS.foreignQuietMs,
    maxBytes: options.maxBytes ?? FILE_LIMITS.maxRecoveredBytes,
  };
  const isWorkerNeeded = await hasLeftovers(folder, limits);
  const reports = isWorkerNeeded
    ? await recoverInWorker({ directory: folder, ...limits }, options)
    : undefined;
  if (reports !== undefined) return reports;
  const maxBytes = Math.min(limits.maxBytes, FILE_LIMITS.maxBytesOnEventLoop);
  return await recoverConversations(folder, { ...options, maxBytes });
}

/** `undefined` if no worker can be started. */
function recoverInWorker(
  task: RecoveryTask,
  { onProblem = writeToStderr, onLeftAlone }: RecoveryOptions,
): Promise<RecoveryReport[] | undefined> {
  return new Promise((done, fail) => {
    let worker: Worker;
    try {
      worker = new Worker(new URL("./recovery-worker.js", import.meta.url), { workerData: task });
    } catch {
      done(undefined);
      return;
    }
    let isRunning = false;
    worker.on("message", (message: RecoveryMessage) => {
      isRunning = true;
      if ("reports" in message) done(message.reports);
      else if ("problem" in message) onProblem(message.problem);
      else onLeftAlone?.(message.leftAlone);
    });
    worker.on("error", (error: NodeJS.ErrnoException) => {
      if (!isRunning && error.code?.endsWith("MODULE_NOT_FOUND")) done(undefined);
      else fail(error);
    });
    worker.on("exit", (code) => fail(new Error(`the recovery's worker ended with code ${code}`)));
  });
}

import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";

import { makeLedger } from "./acknowledged.mjs";
import { startChild } from "./child.mjs";
import { attach, readCalls } from "./strace.mjs";

export const THREADS = ["main", "worker"];
const LONGEST_MS = 30_000;

/**
 * Runs one of the child programs to its end, with strace attached to one of its two threads that
 * touch files. `inject`: see `attach`. Gives what it acknowledged, how it ended, and the calls on
 * files of `directory` that were followed.
 */
export async function runFollowed(program, options, { thread, inject, logPath }) {
  const ledger = makeLedger();
  const ready = new Promise((resolve) => {
    ledger.onThreads = resolve;
  });
  const started = startChild(
    program,
    { ...options, wait: true },
    { onLine: ledger.onLine, env: { UV_THREADPOOL_SIZE: "1" } },
  );
  await Promise.race([ready, started.ended]);
  if (ledger.threads.length === 0) throw new Error(`${program}: ${started.errors.join("")}`);
  const strace = await attach(ledger.threads[THREADS.indexOf(thread)], logPath, inject);
  started.go();
  // One that hangs is a failure, with a signal instead of a code.
  const hanging = setTimeout(() => started.child.kill("SIGKILL"), LONGEST_MS);
  const outcome = await started.ended;
  clearTimeout(hanging);
  await strace.ended;
  const calls = existsSync(logPath) ? readCalls(logPath, options.directory) : [];
  return { ledger, ...outcome, calls };
}

/**
 * All calls on files that a program makes in `directory`, which is empty or a copy of `original`.
 * Each has its thread, its name, and its number among the calls of that name in that thread.
 */
export async function recordCalls(program, options, directory, original) {
  const recorded = [];
  for (const thread of THREADS) {
    if (original === undefined) mkdirSync(directory);
    else cpSync(original, directory, { recursive: true });
    const following = { thread, logPath: `${directory}-${thread}.log` };
    const { calls, code, errors } = await runFollowed(
      program,
      { ...options, directory },
      following,
    );
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
    recorded.push(...calls.map((call) => ({ thread, ...call })));
    rmSync(directory, { recursive: true });
  }
  return recorded;
}

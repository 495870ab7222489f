// A store that does what it is told: each line of its input is [method, ...arguments], and each is
// answered with a line: what came of it, and for how long the event loop was blocked by it.
import { readdirSync } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";

import { openStore } from "../../../dist/src/store/index.js";

const [directory, limits] = process.argv.slice(2);
const problems = [];
const store = openStore({
  directory,
  // JSON has no infinity.
  limits: JSON.parse(limits, (_key, value) => value ?? Infinity),
  onProblem: (line) => problems.push(line),
});
const others = {
  problems: () => problems,
  files: () => readdirSync("/proc/self/fd").length,
  heapBytes() {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  },
  openSessions: () => store.openSessions,
  unsynced: () => store.unsynced,
  /** Asks the thread pool that the store shares with the whole process. */
  poolAnswers: () => stat("/").then(() => true),
  /** Opens files until there are no more, and gives them back when told again. */
  takeDescriptors,
};

for await (const line of createInterface({ input: process.stdin })) {
  for (const [method, ...args] of JSON.parse(line)) {
    const startMs = performance.now();
    const pending = method in others ? others[method](...args) : store[method](...args);
    const blockedMs = performance.now() - startMs;
    const result = (await pending) ?? null;
    process.stdout.write(`${JSON.stringify({ result, blockedMs })}\n`);
  }
}

async function takeDescriptors(count) {
  const { closeSync, openSync } = await import("node:fs");
  const taken = (others.taken ??= []);
  while (taken.length > count) closeSync(taken.pop());
  try {
    while (taken.length < count) taken.push(openSync("/dev/null"));
  } catch (error) {
    if (error.code !== "EMFILE") throw error;
  }
  return taken.length;
}

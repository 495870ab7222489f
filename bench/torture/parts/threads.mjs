import { readFileSync, readdirSync, writeSync } from "node:fs";
import { stat } from "node:fs/promises";

/**
 * Writes on descriptor 3 which thread runs JavaScript and which one works for it on files. Then waits
 * for a line on stdin, so that strace can attach to one of them first. Needs `UV_THREADPOOL_SIZE=1`,
 * because a call that is counted by thread must always be on the same one.
 */
export async function showThreads() {
  const before = countSwitches();
  for (let n = 0; n < 50; n += 1) await stat("/");
  const after = countSwitches();
  const [worker] = [...after]
    .filter(([thread]) => thread !== process.pid)
    .map(([thread, count]) => [thread, count - (before.get(thread) ?? 0)])
    .toSorted(([, a], [, b]) => b - a)[0];
  writeSync(3, `threads ${process.pid} ${worker}\n`);
  await new Promise((resolve) => process.stdin.once("data", resolve));
  process.stdin.pause();
}

function countSwitches() {
  return new Map(
    readdirSync("/proc/self/task").map((thread) => {
      const status = readFileSync(`/proc/self/task/${thread}/status`, "utf8");
      return [Number(thread), Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1])];
    }),
  );
}

/**
 * A process that records, and acknowledges on its descriptor 3 once the store has returned:
 * `a <session> <operations>` for what survives the process, `f <session> <operations>` for what
 * survives the machine.
 *
 * Options: `directory`; `prefix` of the sessions' ids; `sessions` open at once; `lives`, how many
 * sessions come after each other in all, 0 for no end; `length` of each in operations;
 * `flushEvery` so many rounds; `inTurn`: whether it waits for its flushes; `recover`: whether it
 * begins with a recovery, as an agent does; `wait`: to be attached to first; `announce`: to say
 * when it begins; `stopAfter` so many rounds it only holds its files, and says `stopped`.
 */
import { writeSync } from "node:fs";

import { openStore, recoverConversations } from "../../../dist/src/store/index.js";
import { operationAt, perform } from "./story.mjs";
import { showThreads } from "./threads.mjs";

const options = JSON.parse(process.argv[2]);
const { directory, prefix, sessions, lives, length, flushEvery } = options;

process.stdin.on("end", () => process.exit(9));
process.stdin.resume();
if (options.wait) await showThreads();
if (options.announce) writeSync(3, "threads 0 0\n");
if (options.recover) await recoverConversations(directory);
// A disk that is slow at times, as on a busy machine, must not make a difference here.
const limits = { retryDelayMs: 20, maxBlockedMs: 86_400_000 };
const store = openStore({ directory, limits });
const open = [];
let begun = 0;
let flushing = Promise.resolve();
for (let round = 1; ; round += 1) {
  while (open.length < sessions && (lives === 0 || begun < lives)) {
    open.push({ id: `${prefix}-${(begun += 1)}`, done: 0 });
  }
  if (open.length === 0) break;
  for (const session of open) {
    perform(store, session.id, operationAt(session.id, session.done, length));
    session.done += 1;
    writeSync(3, `a ${session.id} ${session.done}\n`);
  }
  if (round % flushEvery === 0) flushing = flush();
  if (options.inTurn) await flushing;
  if (round === options.stopAfter) {
    await store.flush();
    writeSync(3, "stopped\n");
    await new Promise(() => setInterval(() => undefined, 60_000));
  }
  for (const [at, session] of [...open.entries()].toReversed()) {
    if (session.done === length) open.splice(at, 1);
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
}
await flushing;
await store.shutdown();
writeSync(3, "done\n");
process.exit(0);

async function flush() {
  const state = open.map(({ id, done }) => `f ${id} ${done}\n`).join("");
  await store.flush();
  writeSync(3, state);
}

import { mkdirSync } from "node:fs";

import { makeLedger } from "./acknowledged.mjs";
import { startChild } from "./child.mjs";

/** Leaves a folder like a writer that is killed once `written` operations of `length` are flushed. */
export async function leaveJournals(directory, { length, written, sessions }) {
  mkdirSync(directory, { recursive: true });
  const ledger = makeLedger();
  const options = { directory, prefix: "left", sessions, lives: sessions, length, flushEvery: 2 };
  const writer = startChild(
    "writer.mjs",
    { ...options, stopAfter: written },
    {
      onLine(line) {
        ledger.onLine(line);
        if (line === "stopped") writer.child.kill("SIGKILL");
      },
    },
  );
  await writer.ended;
  return ledger;
}

import { readFileSync, readdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { currentClaimant } from "../../../src/platform/owner.js";
import { nameClaim } from "../../../src/store/disk/file-names.js";
import { listConversations, recoverConversations } from "../../../src/store/index.js";
import { makeFolder } from "../support/folder.js";
import { leaveJournal } from "../support/left-journal.js";
import { NAME } from "../support/make-store.js";

const silent = { onProblem: (): void => undefined };

test("journals of other programs in the folder are neither listed nor touched", async () => {
  const directory = makeFolder();
  const names = ["2025.journal", "conversation.journal", "a_conversation_20250818_143022.journal"];
  for (const name of names) writeFileSync(join(directory, name), "2025-08-18 * rent\n");
  const long = new Date(Date.now() - 3_600_000);
  for (const name of names) utimesSync(join(directory, name), long, long);
  expect(await recoverConversations(directory, silent)).toEqual([]);
  expect(await listConversations(directory)).toEqual([]);
  expect(readdirSync(directory).toSorted()).toEqual(names.toSorted());
  expect(readFileSync(join(directory, "2025.journal"), "utf8")).toBe("2025-08-18 * rent\n");
});

/** Leaves the journal of a session that a worker thread of this process wrote and did not close. */
async function recordInTerminatedWorker(directory: string): Promise<void> {
  const store = new URL("../../../dist/src/store/index.js", import.meta.url);
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     import(${JSON.stringify(store.href)}).then(({ openStore }) => {
       openStore({ directory: ${JSON.stringify(directory)} }).open({
         id: "s1", started_at: "2025-08-18T14:30:22.123456+05:30", software: {},
       });
       parentPort.postMessage("open");
       setInterval(() => undefined, 60_000);
     });`,
    { eval: true },
  );
  await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
}

test("the journal of a worker thread that was terminated is recovered though its process lives", async () => {
  const directory = makeFolder();
  await recordInTerminatedWorker(directory);
  const left: unknown[] = [];
  const options = { ...silent, onLeftAlone: (each: unknown) => void left.push(each) };
  // Its store shows a sign of life every half a minute, so a while is waited for one.
  expect(await recoverConversations(directory, options)).toEqual([]);
  expect(left).toEqual([{ name: NAME, reason: "recent" }]);
  expect(await recoverConversations(directory, { ...options, foreignQuietMs: 0 })).toMatchObject([
    { name: NAME, outcome: "recovered" },
  ]);
});

test("a journal that a worker thread claimed for a recovery, and left, is for whoever comes next", async () => {
  const directory = makeFolder();
  const journal = leaveJournal(directory);
  const claimant = { ...currentClaimant(), place: "0badc0de" };
  renameSync(journal, join(directory, nameClaim(NAME, claimant)));
  expect(await recoverConversations(directory, { ...silent, foreignQuietMs: 0 })).toMatchObject([
    { name: NAME, outcome: "recovered" },
  ]);
});

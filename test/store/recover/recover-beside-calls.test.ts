import { execFile } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { currentOwner } from "../../../src/platform/owner.js";
import { openStore, recoverBesideCalls } from "../../../src/store/index.js";
import { type Line, encodeLine } from "../../../src/store/journal/journal-line.js";
import { sessionStart, userSays } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { deadPid, leaveJournal } from "../support/left-journal.js";
import { ALWAYS_AT_ONCE, NAME } from "../support/make-store.js";

const PROGRAM = fileURLToPath(new URL("../support/recover-beside.mjs", import.meta.url));

/** A folder with the journal of a dead process that has so many messages with word times. */
function leaveLongJournal(messages: number): string {
  const directory = makeFolder();
  const owner = { ...currentOwner(), pid: deadPid() };
  const word = { text: "parcel", at_s: 1.448, until_s: 1.86 };
  const words = Array.from({ length: 20 }, () => word);
  const lines: Line[] = [
    { op: "open", journal: 1, session: sessionStart(), owner, n: 0, at: 0 },
    ...Array.from({ length: messages }, (_, index): Line => {
      const n = index + 1;
      return { op: "add", message: { ...userSays(n, "parcel", { words }), seq: n }, n, at: n };
    }),
  ];
  writeFileSync(
    join(directory, `${NAME}.journal`),
    Buffer.concat(lines.map((line) => encodeLine(line).bytes)),
  );
  return directory;
}

async function recoverInProgram(directory: string, how: string) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, directory, how]);
  return JSON.parse(stdout) as { activeMs: number; outcomes: string[] };
}

test("a recovery beside calls leaves the event loop to them, however long the journal is", async () => {
  const onLoop = leaveLongJournal(1000);
  const beside = leaveLongJournal(1000);
  const alone = await recoverInProgram(onLoop, "recoverConversations");
  const besideCalls = await recoverInProgram(beside, "recoverBesideCalls");
  expect([alone.outcomes, besideCalls.outcomes]).toEqual([["recovered"], ["recovered"]]);
  const [ofLoop, ofWorker] = [onLoop, beside].map((folder) =>
    readFileSync(join(folder, `${NAME}.json`), "utf8"),
  );
  expect(ofWorker === ofLoop).toBe(true);
  expect(besideCalls.activeMs).toBeLessThan(alone.activeMs / 3);
});

test("without a worker, small files are recovered beside calls, and larger ones stay for the command", async () => {
  // The sources have no file of the worker: that one is built.
  const small = makeFolder();
  leaveJournal(small);
  expect(await recoverBesideCalls(small)).toMatchObject([{ outcome: "recovered", messages: 2 }]);

  const large = leaveLongJournal(500);
  const problems: string[] = [];
  const reports = await recoverBesideCalls(large, { onProblem: (line) => problems.push(line) });
  expect(reports).toMatchObject([{ outcome: "failed" }]);
  expect(problems).toEqual([
    expect.stringContaining('the limit is 256 KiB beside a call; "talktrace recover" takes it'),
  ]);
  expect(readdirSync(large)).toEqual([`${NAME}.journal`]);
});

test("a recovery beside calls leaves the journal of a living process alone", async () => {
  const directory = makeFolder();
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  expect(await recoverBesideCalls(directory)).toEqual([]);
  await store.shutdown();
});

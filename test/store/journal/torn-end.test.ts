import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeLine } from "../../../src/store/journal/journal-line.js";
import { replayJournal } from "../../../src/store/journal/replay.js";
import { recoverConversations } from "../../../src/store/index.js";
import { at, userSays } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { leaveJournal } from "../support/left-journal.js";
import { NAME } from "../support/make-store.js";

const LINE = encodeLine({
  op: "add",
  message: { ...userSays(3, "नमस्ते, “what” is\nnew?"), seq: 3 },
  n: 3,
  at: Date.parse(at(3)),
}).bytes;
const MIB = 1024 * 1024;

function damageOf(journal: Buffer, end: Buffer): number | string {
  const replay = replayJournal(Buffer.concat([journal, end]));
  return typeof replay === "string" ? replay : replay.damagedLines;
}

test("a last line that is cut off at any byte counts as a write that was never acknowledged", () => {
  const journal = readFileSync(leaveJournal(makeFolder()));
  for (let cut = 1; cut < LINE.length - 1; cut += 1)
    expect(damageOf(journal, LINE.subarray(0, cut))).toBe(0);
});

const DAMAGED: [what: string, end: () => Buffer][] = [
  ["30 MB long", () => Buffer.concat([LINE.subarray(0, -2), Buffer.alloc(30 * MIB, "a")])],
  ["all zeros, as a power failure leaves it", () => Buffer.alloc(4096)],
  [
    "zeros behind the beginning of a line",
    () => Buffer.concat([LINE.subarray(0, 40), Buffer.alloc(99)]),
  ],
  ["not the beginning of a line", () => Buffer.from("somebody's notes")],
];

test.each(DAMAGED)(
  "an end of a journal that is %s counts as damage, is told, and is kept",
  async (_what, makeEnd) => {
    const end = makeEnd();
    const directory = makeFolder();
    const path = leaveJournal(directory);
    expect(damageOf(readFileSync(path), end)).toBe(1);
    const whole = Buffer.concat([readFileSync(path), end]);
    writeFileSync(path, whole);
    const problems: string[] = [];
    const reports = await recoverConversations(directory, {
      maxBytes: 64 * MIB,
      onProblem: (line) => problems.push(line),
    });
    expect(reports).toMatchObject([{ outcome: "recovered", messages: 2, damagedLines: 1 }]);
    expect(problems).toEqual([
      `1 damaged line in "${NAME}.journal" was left out of its recovery; the journal is kept as "${NAME}.journal.damaged"`,
    ]);
    expect(readFileSync(`${path}.damaged`).equals(whole)).toBe(true);
    expect(existsSync(path)).toBe(false);
    const { integrity } = JSON.parse(readFileSync(join(directory, `${NAME}.json`), "utf8")) as {
      integrity: { damaged_lines: number };
    };
    expect(integrity.damaged_lines).toBe(1);
  },
);

import { chmodSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { currentOwner } from "../../../src/platform/owner.js";
import {
  describeRemoval,
  openStore,
  recoverConversations,
  removeOldConversations,
} from "../../../src/store/index.js";
import { at, sessionStart } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { leaveJournal, leaveJournalOf } from "../support/left-journal.js";
import { ALWAYS_AT_ONCE, NAME } from "../support/make-store.js";

const DAY_MS = 24 * 3_600_000;
const BEGAN_MS = new Date(2025, 7, 18, 14, 30, 22).getTime();

/** Puts files there that nobody has written to since the conversation's time. */
function plant(directory: string, ...fileNames: string[]): void {
  for (const fileName of fileNames) {
    writeFileSync(join(directory, fileName), "words");
    utimesSync(join(directory, fileName), BEGAN_MS / 1000, BEGAN_MS / 1000);
  }
}

const OF_ONE = [
  `.${NAME}.json.123-0123abcd.tmp`,
  `.${NAME}.tags.json.123-0123abcd.tmp`,
  `${NAME}.journal.damaged`,
  `${NAME}.journal.edited-2`,
  `${NAME}.json`,
  `${NAME}.json.damaged-3`,
  `${NAME}.json.edited-1`,
  `${NAME}.levels`,
  `${NAME}.ogg`,
  `${NAME}.tags.json`,
  `${NAME}.tags.json.edited-1`,
  `${NAME}.txt`,
];

test("what began before the days that are kept is removed with all its files, and no other file", async () => {
  const directory = makeFolder();
  const others = [
    `${NAME}.json.bak`,
    `${NAME}.wav`,
    `${NAME}x.json`,
    `copy of ${NAME}.json`,
    "2025.journal",
    "conversation_20250819_143022.json",
    "conversation_00000000_000000.json",
    "notes.txt",
  ];
  plant(directory, ...OF_ONE, ...others);
  symlinkSync("notes.txt", join(directory, `${NAME}_2.json`));
  const nowMs = BEGAN_MS + 3 * DAY_MS;
  const keep = async (keepDays: number) =>
    await removeOldConversations(directory, { keepDays, nowMs });
  expect(await keep(4)).toEqual({ conversations: 0, files: 0 });
  expect(await keep(2)).toEqual({ conversations: 1, files: OF_ONE.length });
  expect(readdirSync(directory).toSorted()).toEqual([...others, `${NAME}_2.json`].toSorted());
});

test("A folder's indexes go with the first call that is removed, because they have its words", async () => {
  const directory = makeFolder();
  const indexes = [
    ".talktrace-index",
    ".talktrace-index-own-rules",
    ".talktrace-index.1-0123abcd.tmp",
  ];
  plant(directory, `${NAME}.json`, ...indexes);
  const keep = async (keepDays: number) =>
    await removeOldConversations(directory, { keepDays, nowMs: BEGAN_MS + 3 * DAY_MS });
  await keep(4);
  expect(readdirSync(directory)).toHaveLength(4);
  expect(await keep(2)).toEqual({ conversations: 1, files: 1 });
  expect(readdirSync(directory)).toEqual([]);
});

test("an open call stays, whatever its age, and so does one that was written to within the hour", async () => {
  const directory = makeFolder();
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  const keep = { keepDays: 1, nowMs: Date.now() + 30 * DAY_MS };
  // Its process lives, though nobody has touched the files for a month.
  expect(await removeOldConversations(directory, keep)).toEqual({ conversations: 0, files: 0 });
  store.close("s1", { ended_at: at(2) });
  await store.shutdown();
  expect(await removeOldConversations(directory, { keepDays: 1 })).toMatchObject({ files: 0 });
  expect(await removeOldConversations(directory, keep)).toEqual({ conversations: 1, files: 1 });
  expect(readdirSync(directory)).toEqual([]);
});

test("a journal of another machine keeps its call as long as it may live there", async () => {
  const directory = makeFolder();
  leaveJournalOf(directory, { ...currentOwner(), host: "elsewhere" });
  const keep = { keepDays: 1, nowMs: Date.now() + 2 * 3_600_000 };
  expect(await removeOldConversations(directory, keep)).toMatchObject({ files: 0 });
  expect(await removeOldConversations(directory, { ...keep, foreignQuietMs: 0 })).toMatchObject({
    files: 1,
  });
});

test("a journal that was removed with its document brings nothing back", async () => {
  const directory = makeFolder();
  leaveJournal(directory);
  plant(directory, `${NAME}.json`);
  const keep = { keepDays: 1, nowMs: Date.now() + 2 * 3_600_000 };
  expect(await removeOldConversations(directory, keep)).toEqual({ conversations: 1, files: 2 });
  expect(await recoverConversations(directory)).toEqual([]);
});

test("what cannot be removed is told, and costs no other call its end", async () => {
  if (process.getuid?.() === 0) {
    process.stderr.write("not run: root may remove any file\n");
    return;
  }
  const directory = makeFolder();
  plant(directory, `${NAME}.json`);
  chmodSync(directory, 0o500);
  const removal = await removeOldConversations(directory, { keepDays: 1 });
  chmodSync(directory, 0o700);
  expect(removal.problem).toContain(`${NAME}", which is older than 1 days: permission denied`);
});

test("a removal is told in one line, or in none where nothing was removed", () => {
  expect(describeRemoval({ conversations: 0, files: 0 }, 0, 30)).toBeUndefined();
  expect(describeRemoval({ conversations: 2, files: 5 }, 1, 30)).toBe(
    "Removed 2 conversations (5 files) and 1 file of spans that began more than 30 days ago (TALKTRACE_KEEP_DAYS)",
  );
});

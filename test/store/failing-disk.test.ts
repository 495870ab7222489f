import { EventEmitter, once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openStore, readConversation, recoverConversations } from "../../src/store/index.js";
import type { StoreOptions } from "../../src/store/index.js";
import { at, idsOf, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder, makeSmallDisk } from "./support/folder.js";
import { ALWAYS_AT_ONCE } from "./support/make-store.js";

const NAME = "conversation_20250818_143022";

function makeStore(directory: string, limits: StoreOptions["limits"] = {}) {
  const problems: string[] = [];
  const store = openStore({
    directory,
    textLog: true,
    onProblem: (line) => problems.push(line),
    // Only what a test asks for is tried, so what it finds does not depend on the moment.
    limits: { ...ALWAYS_AT_ONCE, retryDelayMs: 600_000, ...limits },
  });
  return { store, problems };
}

test("a folder that cannot be made costs nothing once it can", async () => {
  const blocker = join(makeFolder(), "a file");
  writeFileSync(blocker, "");
  const { store, problems } = makeStore(join(blocker, "conversations"));
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.addEvent("s1", { type: "note", timestamp: at(1), data: {} });
  await store.flush();
  store.add("s1", userSays(2, "still here"));
  expect(store.pathOf("s1")).toBeUndefined();
  expect(problems).toEqual([
    `Cannot create a conversation in "${store.directory}": not a directory (ENOTDIR); it is kept in memory and tried again; choose a folder that can be made`,
  ]);

  rmSync(blocker);
  await store.flush();
  const path = store.pathOf("s1")!;
  expect(idsOf(readPublished(path))).toEqual(["m_1", "m_2"]);
  expect(readPublished(path).integrity).toMatchObject({
    dropped: 0,
    damaged_lines: 0,
    deferred: 3,
  });
  expect((await readConversation(path)).origin).toBe("file");
  expect(readFileSync(join(store.directory, `${NAME}.txt`), "utf8")).toBe(
    "user: hello\nuser: still here\n",
  );
  expect(problems.at(-1)).toBe(`The disk works again: "${NAME}.json" is up to date`);
  store.close("s1", { ended_at: at(3) });
  await store.shutdown();
  expect(readdirSync(store.directory)).toEqual([`${NAME}.json`, `${NAME}.txt`]);
});

test("a session that opens and closes while the folder cannot be made is written later", async () => {
  const blocker = join(makeFolder(), "a file");
  writeFileSync(blocker, "");
  const { store } = makeStore(join(blocker, "conversations"));
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.close("s1", { ended_at: at(3) });
  await store.flush();
  expect(store.openSessions).toBe(1);
  rmSync(blocker);
  await store.flush();
  expect(store.openSessions).toBe(0);
  const { session, conversation } = readPublished(store.pathOf("s1")!);
  expect(session.status).toBe("complete");
  expect(conversation).toHaveLength(1);
  await store.shutdown();
});

test("a store whose disk failed tries again by itself", async () => {
  const blocker = join(makeFolder(), "a file");
  writeFileSync(blocker, "");
  const problems = new EventEmitter();
  const store = openStore({
    directory: join(blocker, "conversations"),
    onProblem: (line) => problems.emit(line),
    limits: { retryDelayMs: 5 },
  });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  const works = once(problems, `The disk works again: "${NAME}.json" is up to date`);
  rmSync(blocker);
  await works;
  expect(idsOf(readPublished(store.pathOf("s1")!))).toEqual(["m_1"]);
  await store.shutdown();
});

test("what the memory has no room for is counted, and its words are not there", async () => {
  const blocker = join(makeFolder(), "a file");
  writeFileSync(blocker, "");
  const { store, problems } = makeStore(join(blocker, "conversations"), { maxQueuedBytes: 2000 });
  store.open(sessionStart());
  for (let n = 1; n <= 50; n += 1) store.add("s1", userSays(n, `message ${n}`));
  rmSync(blocker);
  await store.flush();
  store.add("s1", userSays(51, "room again"));
  const open = await readConversation(store.pathOf("s1")!);
  store.close("s1", { ended_at: at(60) });
  await store.shutdown();
  const { conversation, integrity } = readPublished(store.pathOf("s1")!);
  expect(conversation.length).toBeGreaterThan(3);
  expect(conversation.length + integrity.dropped).toBe(51);
  expect(conversation.at(-1)?.content).toBe("room again");
  const { line: _line, ...counts } = open.conversation.integrity;
  expect(counts).toEqual(integrity);
  expect(problems.filter((line) => line.includes("2 KiB wait already"))).toHaveLength(1);
});

test("however many sessions a disk refuses, what waits for it stays within the limit", async () => {
  const blocker = join(makeFolder(), "a file");
  writeFileSync(blocker, "");
  const { store } = makeStore(join(blocker, "conversations"), { maxQueuedBytes: 50_000 });
  const ids = Array.from({ length: 20 }, (_, n) => `s${n}`);
  for (const id of ids) {
    store.open(sessionStart(id));
    store.add(id, userSays(1, "x".repeat(10_000)));
  }
  // Four lines fit. Each of the others is left out of its own conversation, and counted there.
  expect(store.lost).toBe(16);
  rmSync(blocker);
  await store.flush();
  const read = ids.map((id) => readPublished(store.pathOf(id)!));
  expect(read.map(({ integrity }) => integrity.dropped)).toEqual(ids.map((_, n) => +(n > 3)));
  expect(read.map(({ conversation }) => conversation.length)).toEqual(ids.map((_, n) => +(n <= 3)));
  await store.shutdown();
});

test("what is given up at the end because the disk never worked is reported", async () => {
  const blocker = join(makeFolder(), "a file");
  writeFileSync(blocker, "");
  const { store, problems } = makeStore(join(blocker, "conversations"));
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.shutdown();
  expect(problems.at(-1)).toBe(
    '1 change of session "s1" never reached the disk and is lost with this process',
  );
  expect(store.lost).toBe(1);
});

test("a full disk breaks neither the caller nor the published file, and later all is there", async () => {
  const disk = makeSmallDisk("64k");
  if (disk === undefined) return;
  const { store, problems } = makeStore(join(disk, "conversations"));
  store.open(sessionStart());
  store.add("s1", userSays(1, "before the disk is full"));
  await store.flush();
  const path = store.pathOf("s1")!;
  const before = readFileSync(path, "utf8");
  fillUp(join(disk, "ballast"));
  for (let n = 2; n <= 40; n += 1) store.add("s1", userSays(n, `${n} ${"x".repeat(200)}`));
  await store.flush();
  expect(readFileSync(path, "utf8")).toBe(before);
  expect(readdirSync(store.directory)).toEqual([`${NAME}.journal`, `${NAME}.json`, `${NAME}.txt`]);
  expect(problems.some((line) => line.includes("no space left on device (ENOSPC)"))).toBe(true);
  const told = problems.length;
  store.add("s1", userSays(41, "one more"));
  await store.flush();
  expect(problems).toHaveLength(told);

  rmSync(join(disk, "ballast"));
  await store.flush();
  const ids = Array.from({ length: 41 }, (_, i) => `m_${i + 1}`);
  expect(idsOf(readPublished(path))).toEqual(ids);
  // The journal alone tells the same: no line was torn for good.
  await store.shutdown();
  rmSync(path);
  const { conversation, origin } = await readConversation(path);
  expect(origin).toBe("journal");
  expect(idsOf(conversation)).toEqual(ids);
  expect(conversation.integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
  // Some of the forty still fitted.
  const { deferred = 0 } = conversation.integrity;
  expect(deferred).toBeGreaterThan(1);
  expect(deferred).toBeLessThan(40);
});

test("a recovery that meets a full disk leaves everything for the next one", async () => {
  const disk = makeSmallDisk("64k");
  if (disk === undefined) return;
  const directory = join(disk, "conversations");
  mkdirSync(directory);
  const { store } = makeStore(directory);
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  for (let n = 1; n <= 20; n += 1) store.add("s1", userSays(n, "hello"));
  await store.shutdown();
  rmSync(path);
  fillUp(join(disk, "ballast"));
  const [failed] = await recoverConversations(directory, { onProblem: () => undefined });
  expect(failed).toMatchObject({ outcome: "failed" });
  expect(readdirSync(directory)).toEqual([`${NAME}.journal`, `${NAME}.txt`]);
  rmSync(join(disk, "ballast"));
  const [recovered] = await recoverConversations(directory);
  expect(recovered).toMatchObject({ outcome: "recovered", messages: 20 });
  expect(readPublished(path).conversation).toHaveLength(20);
});

function fillUp(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(1024), { flag: "a" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

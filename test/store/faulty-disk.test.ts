import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openStore, readConversation, recoverConversations } from "../../src/store/index.js";
import { startCommandedStore } from "./support/commanded-store.js";
import type { Command } from "./support/commanded-store.js";
import { at, idsOf, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { canInjectFaults, injectFault } from "./support/faulty-calls.js";
import { makeFolder, makeSmallDisk } from "./support/folder.js";
import { ALWAYS_AT_ONCE, NAME } from "./support/make-store.js";

const silent = { onProblem: (): void => undefined };

function messages(from: number, to: number, sessionId = "s1"): Command[] {
  return Array.from({ length: to - from + 1 }, (_, i) => [
    "add",
    sessionId,
    userSays(from + i, `message ${from + i}`),
  ]);
}

function idsTo(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `m_${i + 1}`);
}

for (const fault of ["EIO", "EROFS", "EDQUOT", "ENOSPC", "EFBIG"]) {
  test(`a journal whose writes say ${fault} for a while has every line afterwards, once`, async () => {
    if (!canInjectFaults()) return;
    const directory = makeFolder();
    // Each line opens the journal anew, under the name by which its calls are known.
    const { child, tellAll, kill, problems } = startCommandedStore(directory, {
      maxOpenJournals: 0,
    });
    await tellAll([
      ["open", sessionStart()],
      ["open", sessionStart("s2")],
      ...messages(1, 5),
      ["flush"],
    ]);
    const journal = join(directory, `${NAME}.journal`);
    const faulty = await injectFault(child, `write,writev:error=${fault}`, journal);
    const before = readFileSync(journal);
    await tellAll([...messages(6, 20), ...messages(1, 5, "s2"), ["flush"]]);
    expect(readFileSync(journal)).toEqual(before);
    // The other session is not touched by that, and the document is published all the same.
    expect(idsOf(readPublished(join(directory, `${NAME}_2.json`)))).toEqual(idsTo(5));
    expect(readPublished(join(directory, `${NAME}_2.json`)).integrity.deferred).toBeUndefined();
    expect(idsOf(readPublished(join(directory, `${NAME}.json`)))).toEqual(idsTo(20));
    await faulty.end();
    await tellAll([["flush"], ...messages(21, 25)]);
    const told = await problems();
    expect(told.filter((line) => line.includes(`(${fault})`))).toHaveLength(1);
    expect(told.at(-1)).toBe(`The disk works again: "${NAME}.json" is up to date`);
    await kill();
    const { conversation, integrity } = await recoverFromJournalAlone(directory);
    expect(conversation.map(({ id }) => id)).toEqual(idsTo(25));
    expect(integrity).toMatchObject({ dropped: 0, damaged_lines: 0, deferred: 15 });
  });
}

test("after a sync that failed a new journal holds all: nobody knows what the disk has of the old one", async () => {
  if (!canInjectFaults()) return;
  const directory = makeFolder();
  const { child, tellAll, kill, problems } = startCommandedStore(directory);
  await tellAll([["open", sessionStart()], ...messages(1, 5), ["flush"]]);
  const journal = join(directory, `${NAME}.journal`);
  const faulty = await injectFault(child, "fdatasync,fsync:error=EIO");
  await tellAll([...messages(6, 10), ["flush"]]);
  await faulty.end();
  const { ino } = statSync(journal);
  await tellAll([["flush"], ...messages(11, 12), ["flush"]]);
  expect(statSync(journal).ino).not.toBe(ino);
  expect(await problems()).toEqual([
    `Cannot sync "${NAME}.journal": i/o error (EIO); a new journal takes its place`,
    `A new "${NAME}.journal" took the place of one that could not be synced`,
    `The disk works again: "${NAME}.json" is up to date`,
  ]);
  await kill();
  const { conversation } = await recoverFromJournalAlone(directory);
  expect(conversation.map(({ id }) => id)).toEqual(idsTo(12));
});

test("a file that cannot be closed in order has each line once, and nothing is thrown", async () => {
  if (!canInjectFaults()) return;
  const directory = makeFolder();
  const { child, tell, tellAll } = startCommandedStore(directory, { maxOpenJournals: 0 });
  await tellAll([["open", sessionStart()], ["open", sessionStart("s2")], ...messages(1, 5)]);
  const faulty = await injectFault(child, "close:error=EIO", join(directory, `${NAME}.journal`));
  await tellAll([...messages(6, 10), ["flush"]]);
  await faulty.end();
  // Every file from here on.
  const allFaulty = await injectFault(child, "close:error=EIO", directory);
  await tellAll([...messages(11, 15), ["flush"], ["close", "s2", { ended_at: at(9) }], ["flush"]]);
  await allFaulty.end();
  await tellAll([["flush"], ["close", "s1", { ended_at: at(60) }], ["shutdown"]]);
  expect((await tell(["openSessions"])).result).toBe(0);
  const { conversation, integrity } = readPublished(join(directory, `${NAME}.json`));
  expect(conversation.map(({ id }) => id)).toEqual(idsTo(15));
  expect(integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
});

test("a session closes only when its file is on the disk for certain", async () => {
  if (!canInjectFaults()) return;
  const directory = makeFolder();
  const { child, tell, tellAll } = startCommandedStore(directory);
  await tellAll([["open", sessionStart()], ...messages(1, 5), ["flush"]]);
  const faulty = await injectFault(child, "fsync:error=EIO");
  await tellAll([["close", "s1", { ended_at: at(9) }], ["flush"]]);
  expect((await tell(["openSessions"])).result).toBe(1);
  expect(readPublished(join(directory, `${NAME}.json`)).session.status).toBe("open");
  expect(statSync(join(directory, `${NAME}.journal`)).size).toBeGreaterThan(0);
  await faulty.end();
  await tell(["flush"]);
  expect((await tell(["openSessions"])).result).toBe(0);
  expect(readPublished(join(directory, `${NAME}.json`)).session.status).toBe("complete");
});

test("a file system that turns read-only costs nothing once it can be written again", async () => {
  const disk = makeSmallDisk("4m");
  if (disk === undefined) return;
  const problems: string[] = [];
  const store = openStore({
    directory: join(disk, "conversations"),
    onProblem: (line) => problems.push(line),
    // As long as a file is open for writing, the system refuses to turn read-only.
    limits: { ...ALWAYS_AT_ONCE, maxOpenJournals: 0, retryDelayMs: 600_000 },
  });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  execFileSync("mount", ["-o", "remount,ro", disk]);
  for (let n = 2; n <= 10; n += 1) store.add("s1", userSays(n, "read-only"));
  store.open(sessionStart("s2"));
  store.add("s2", userSays(1, "hello"));
  await store.flush();
  const path = store.pathOf("s1")!;
  expect(idsOf(readPublished(path))).toEqual(["m_1"]);
  expect(store.pathOf("s2")).toBeUndefined();
  expect(problems.filter((line) => line.includes("read-only file system (EROFS)"))).toHaveLength(3);
  execFileSync("mount", ["-o", "remount,rw", disk]);
  await store.flush();
  expect(idsOf(readPublished(path))).toEqual(idsTo(10));
  expect(idsOf(readPublished(store.pathOf("s2")!))).toEqual(["m_1"]);
  expect((await readConversation(path)).origin).toBe("file");
  await store.shutdown();
});

test("a process without descriptors keeps what it gets, and writes it when it has some again", async () => {
  if (spawnSync("prlimit", ["--version"]).status !== 0) {
    process.stderr.write("not run: limiting a process's descriptors needs prlimit\n");
    return;
  }
  const directory = makeFolder();
  const limited = ["prlimit", "--nofile=100:100"];
  const { tell, tellAll, problems } = startCommandedStore(directory, {}, limited);
  await tellAll([["open", sessionStart()], ...messages(1, 5), ["flush"]]);
  await tell(["takeDescriptors", 1000]);
  await tellAll([
    ...messages(6, 10),
    ["open", sessionStart("s2")],
    ...messages(1, 5, "s2"),
    ["flush"],
  ]);
  const told = (await problems()).filter((line) => line.includes("(EMFILE)"));
  expect(told).toHaveLength(2);
  expect(told.every((line) => line.endsWith("let the process open more files (ulimit -n)"))).toBe(
    true,
  );
  // The journal was open already.
  const { conversation } = await readConversation(join(directory, `${NAME}.json`));
  expect(idsOf(conversation)).toEqual(idsTo(10));
  await tell(["takeDescriptors", 0]);
  await tellAll([
    ["close", "s1", { ended_at: at(20) }],
    ["close", "s2", { ended_at: at(20) }],
    ["flush"],
  ]);
  expect((await tell(["openSessions"])).result).toBe(0);
  expect(idsOf(readPublished(join(directory, `${NAME}.json`)))).toEqual(idsTo(10));
  expect(idsOf(readPublished(join(directory, `${NAME}_2.json`)))).toEqual(idsTo(5));
});

test("a folder that takes no folders is refused at once", async () => {
  if (!existsSync("/proc/self")) {
    process.stderr.write("not run: this system has no /proc\n");
    return;
  }
  for (const directory of ["/proc/conversations", "/proc/self/conversations/below"]) {
    const { tellAll, problems } = startCommandedStore(directory);
    const [opened] = await tellAll([
      ["open", sessionStart()],
      ["add", "s1", userSays(1, "x")],
    ]);
    expect(opened!.result).toBeNull();
    expect(await problems()).toEqual([
      `Cannot create a conversation in "${directory}": no such file or directory (ENOENT); it is ` +
        `kept in memory and tried again; choose a folder that can be made`,
    ]);
  }
});

async function recoverFromJournalAlone(directory: string) {
  const path = join(directory, `${NAME}.json`);
  execFileSync("rm", [path]);
  await recoverConversations(directory, silent);
  return readPublished(path);
}

import { readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { DescriptorPool } from "../../src/store/disk/descriptor-pool.js";
import { openDisk } from "../../src/store/disk/disk.js";
import { createNew } from "../../src/store/disk/exclusive-file.js";
import { syncFolder } from "../../src/store/disk/file-steps.js";
import { JournalFile } from "../../src/store/write/journal-file.js";
import { STORE_LIMITS } from "../../src/store/disk/limits.js";
import { runNow } from "../../src/store/disk/steps.js";
import type { Step, Steps } from "../../src/store/disk/steps.js";
import { openSyncQueue } from "../../src/store/disk/sync-queue.js";
import { startCommandedStore } from "./support/commanded-store.js";
import { at, idsOf, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { canInjectFaults, injectFault } from "./support/faulty-calls.js";
import { makeFolder } from "./support/folder.js";
import { NAME } from "./support/make-store.js";

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it is said, test`), { code });
}

/** Does the next call of `steps`, and says what came of it; the work hears of that later. */
function doNext<T>(steps: Steps<T>, result?: unknown): unknown {
  const state = steps.next(result);
  if (state.done === true) throw new Error("the work is done already");
  return state.value.now();
}

test("a journal that is opened to be synced is known, whatever arrives there meanwhile", () => {
  const path = join(makeFolder(), "a.journal");
  const created = runNow(createNew(path, [Buffer.from("first\n")]));
  const file = new JournalFile(path, created, new DescriptorPool(0));
  onTestFinished(() => runNow(file.close()));
  runNow(file.park());
  const appending = file.append([Buffer.from("second\n")]);
  const syncing = file.sync();
  const fdOfSync = doNext(syncing);
  const found = doNext(appending, doNext(appending));
  const written = doNext(appending, found);
  // The line is in the file, but the append has not come back when the sync looks at its size.
  const foundBySync = doNext(syncing, fdOfSync);
  runNow(continueWith(syncing, foundBySync));
  expect(runNow(continueWith(appending, written))).toBe("second\n".length);
  expect(file.isSynced).toBe(false);
  runNow(file.sync());
  expect(file.isSynced).toBe(true);
  expect(file.isSuspect).toBe(false);
});

/** The rest of some work, whose last call gave `result`. */
function* continueWith<T>(steps: Steps<T>, result: unknown): Steps<T> {
  let state: IteratorResult<Step, T> = steps.next(result);
  while (state.done !== true) state = steps.next(yield state.value);
  return state.value;
}

test("a sync that could not run is tried again until it can", async () => {
  const disk = openDisk(makeFolder(), { ...STORE_LIMITS, maxBlockedMs: Infinity }, () => undefined);
  const queue = openSyncQueue(disk, 1);
  const faults: unknown[] = [];
  let tries = 0;
  const synced = new Promise<void>((resolve) => {
    const later = async (): Promise<void> => {
      tries += 1;
      if (tries < 4) throw systemError("EMFILE");
      resolve();
    };
    const file = {
      isSuspect: false,
      *sync(): Steps<void> {
        yield { now: later, later, kind: "sync" };
      },
    };
    queue.request(file, (error) => faults.push(error));
  });
  await synced;
  await queue.all();
  expect([tries, faults.length]).toEqual([4, 3]);
});

test("a folder that cannot be synced now is told from one that never can", () => {
  const directory = makeFolder();
  const syncAs = (code: string) => (): void => {
    const steps = syncFolder(directory);
    steps.next();
    if (steps.throw(systemError(code)).done !== true) throw new Error("it goes on");
  };
  for (const code of ["EMFILE", "ENFILE", "ENOMEM", "EIO", "ENOSPC", "ENOENT"]) {
    expect(syncAs(code)).toThrow(code);
  }
  for (const code of ["EINVAL", "EISDIR", "EPERM", "ENOTSUP", "EACCES"]) {
    expect(syncAs(code)).not.toThrow();
  }
});

test("a file whose folder could not be synced is still ours, and the session closes later", async () => {
  if (!canInjectFaults()) return;
  for (const fault of ["fsync:error=EIO:when=1", "open,openat:error=EMFILE:when=1"]) {
    const directory = makeFolder();
    const { child, tell, tellAll, problems } = startCommandedStore(directory, { retryDelayMs: 10 });
    await tellAll([["open", sessionStart()], ["add", "s1", userSays(1, "hello")], ["flush"]]);
    const faulty = await injectFault(child, fault, directory);
    await tellAll([["close", "s1", { ended_at: at(5) }], ["flush"]]);
    await expect.poll(async () => (await tell(["openSessions"])).result).toBe(0);
    await faulty.end();
    expect(readdirSync(directory)).toEqual([`${NAME}.json`]);
    expect(await problems()).toEqual([
      expect.stringMatching(/^Cannot sync the folder of ".*": .*; the conversation is complete/),
    ]);
    const { conversation, session } = readPublished(join(directory, `${NAME}.json`));
    expect([session.status, conversation.length]).toEqual(["complete", 1]);
  }
});

test("a folder without a descriptor to sync it by is synced later, and not forgotten", async () => {
  if (!canInjectFaults()) return;
  const directory = makeFolder();
  const { child, tell, tellAll } = startCommandedStore(directory, { retryDelayMs: 600_000 });
  const faulty = await injectFault(child, "open,openat:error=EMFILE", directory);
  await tellAll([["open", sessionStart()], ["add", "s1", userSays(1, "hello")], ["flush"]]);
  expect((await tell(["unsynced"])).result).toBe(1);
  await faulty.end();
  await tell(["flush"]);
  expect((await tell(["unsynced"])).result).toBe(0);
});

test("flush() tells what it could not bring to the disk when it resolves", async () => {
  if (!canInjectFaults()) return;
  const directory = makeFolder();
  // strace counts the calls of each thread by themselves.
  const oneThread = ["env", "UV_THREADPOOL_SIZE=1"];
  const { child, tell, tellAll } = startCommandedStore(
    directory,
    { retryDelayMs: 600_000 },
    oneThread,
  );
  await tellAll([
    ["open", sessionStart("s0")],
    ["open", sessionStart("s1")],
    ["add", "s0", userSays(1, "on the disk")],
    ["flush"],
  ]);
  expect((await tell(["unsynced"])).result).toBe(0);
  const broken = await injectFault(child, "fdatasync:error=EIO");
  await tellAll([["add", "s1", userSays(1, "hello")], ["flush"]]);
  expect((await tell(["unsynced"])).result).toBe(1);
  await broken.end();
  await tell(["flush"]);
  expect((await tell(["unsynced"])).result).toBe(0);
  // One that fails once is made up for before it resolves.
  const flawed = await injectFault(child, "fdatasync:error=EIO:when=1");
  await tellAll([["add", "s1", userSays(2, "again")], ["flush"]]);
  expect((await tell(["unsynced"])).result).toBe(0);
  await flawed.end();
  await tell(["shutdown"]);
  expect((await tell(["unsynced"])).result).toBe(0);
  expect(idsOf(readPublished(join(directory, `${NAME}_2.json`)))).toEqual(["m_1", "m_2"]);
});

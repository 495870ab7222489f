import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { readConversation, recoverConversations } from "../../src/store/index.js";
import { startCommandedStore } from "./support/commanded-store.js";
import type { Command } from "./support/commanded-store.js";
import { at, idsOf, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { canInjectFaults, injectFault } from "./support/faulty-calls.js";
import { makeFolder, makeLoopDisk } from "./support/folder.js";
import { makeStore, NAME } from "./support/make-store.js";

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

test("appends off the event loop are in order, each once, and counted", async () => {
  // Any append is slower than that, so the first one is the last on the event loop.
  const { store, problems } = makeStore({ limits: { maxBlockedMs: 0 } });
  store.open(sessionStart());
  for (let n = 1; n <= 3000; n += 1) {
    store.add("s1", userSays(n, `message ${n}`));
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  store.amend("s1", "m_3", { content: "amended" });
  await store.flush();
  const path = store.pathOf("s1")!;
  const { conversation, origin } = await readConversation(path);
  expect(origin).toBe("file");
  expect(idsOf(conversation)).toEqual(idsTo(3000));
  expect(conversation.integrity).toMatchObject({ dropped: 0, damaged_lines: 0, deferred: 3000 });
  expect(problems).toEqual([
    `The disk of "${store.directory}" is slow: lines wait in memory for it, up to 32 MiB, ` +
      `so that no call does; a kill of the process may cost them`,
  ]);
  // A session that opens meanwhile gets its files off the event loop as well.
  store.open(sessionStart("s2"));
  expect(store.pathOf("s2")).toBeUndefined();
  store.add("s2", userSays(1, "hello"));
  store.close("s2", { ended_at: at(9) });
  await store.flush();
  expect(readPublished(store.pathOf("s2")!).session.status).toBe("complete");
  // Let go in order, so that anybody may complete it.
  await store.shutdown();
  expect(await recoverConversations(store.directory, silent)).toMatchObject([
    { outcome: "recovered", messages: 3000 },
  ]);
  const recovered = readPublished(path);
  expect(recovered.integrity).toMatchObject({ dropped: 0, damaged_lines: 0, deferred: 3000 });
  expect(recovered.conversation[2]?.content).toBe("amended");
});

test("on a slow disk one append blocks a call, and no later one, until it is quick again", async () => {
  if (!canInjectFaults()) return;
  const directory = makeFolder();
  // Each line opens the journal anew, under the name by which its calls are known.
  const { child, tell, tellAll, kill, problems } = startCommandedStore(directory, {
    maxOpenJournals: 0,
    maxBlockedMs: 60,
  });
  await tellAll([["open", sessionStart()], ...messages(1, 5), ["flush"]]);
  const slow = await injectFault(
    child,
    "write,writev:delay_enter=300000",
    join(directory, `${NAME}.journal`),
  );
  const [first, ...others] = await tellAll(messages(6, 60));
  expect(first!.blockedMs).toBeGreaterThan(250);
  for (const { blockedMs } of others) expect(blockedMs).toBeLessThan(250);
  await tell(["flush"]);
  await slow.end();
  expect((await problems()).filter((line) => line.includes("is slow: lines wait"))).toHaveLength(1);
  await tellAll([...messages(61, 70), ["flush"]]);
  await kill();
  await recoverConversations(directory, silent);
  const { conversation, integrity } = readPublished(join(directory, `${NAME}.json`));
  expect(conversation.map(({ id }) => id)).toEqual(idsTo(70));
  expect(integrity.deferred).toBeGreaterThan(50);
});

test("a disk that hangs stalls neither calls nor the end, and loses nothing when it goes on", async () => {
  const disk = makeLoopDisk();
  if (disk === undefined) return;
  const directory = join(disk, "conversations");
  const { tell, tellAll, problems } = startCommandedStore(directory, {
    maxBlockedMs: 100,
    maxFlushMs: 200,
    // What hangs first is the next sign of life; from that the store knows.
    heartbeatMs: 100,
  });
  const others = Array.from({ length: 10 }, (_, i) => `other ${i}`);
  await tellAll([["open", sessionStart()], ...messages(1, 4), ["flush"]]);
  execFileSync("fsfreeze", ["-f", disk]);
  let isFrozen = true;
  const thaw = (): void => {
    if (isFrozen) execFileSync("fsfreeze", ["-u", disk]);
    isFrozen = false;
  };
  onTestFinished(thaw);
  await expect
    .poll(async () => (await problems()).some((line) => line.includes("is slow: lines wait")), {
      timeout: 20_000,
      interval: 100,
    })
    .toBe(true);
  const answers = await tellAll([
    ...messages(5, 40),
    ["open", sessionStart("s2")],
    ...messages(1, 5, "s2"),
    ["close", "s2", { ended_at: at(9) }],
    ...others.flatMap((id): Command[] => [
      ["open", sessionStart(id)],
      ["close", id, { ended_at: at(9) }],
    ]),
    ["flush"],
    // However many sessions wait for the disk, the process's other work has threads left.
    ["poolAnswers"],
  ]);
  for (const { blockedMs } of answers) expect(blockedMs).toBeLessThan(1000);
  expect((await problems()).some((line) => line.includes("has not answered for 200 ms"))).toBe(
    true,
  );
  thaw();
  await expect
    .poll(() => readFileSync(join(directory, `${NAME}_2.json`), "utf8"), { timeout: 20_000 })
    .toContain('"status": "complete"');
  await tell(["close", "s1", { ended_at: at(60) }]);
  await expect.poll(async () => (await tell(["openSessions"])).result, { timeout: 20_000 }).toBe(0);
  expect(idsOf(readPublished(join(directory, `${NAME}.json`)))).toEqual(idsTo(40));
  expect(idsOf(readPublished(join(directory, `${NAME}_2.json`)))).toEqual(idsTo(5));
});

test("a burst of lines is synced together, one sync at a time", async () => {
  if (!canInjectFaults()) return;
  const directory = makeFolder();
  const { child, tellAll, problems } = startCommandedStore(directory);
  await tellAll([["open", sessionStart()], ["flush"]]);
  const log = join(makeFolder(), "syncs");
  const slow = await injectFault(child, "fdatasync:delay_exit=20000", undefined, log);
  await tellAll(messages(1, 500));
  await tellAll([["flush"]]);
  await slow.end();
  const lines = readFileSync(log, "utf8").split("\n");
  const syncs = lines.filter((line) => line.includes("fdatasync("));
  expect(syncs.length).toBeGreaterThan(0);
  expect(syncs.length).toBeLessThan(100);
  // A second one that began before the first had ended would have left it unfinished.
  let inFlight = 0;
  for (const line of lines) {
    if (line.includes("fdatasync(")) inFlight += 1;
    expect(inFlight).toBeLessThanOrEqual(1);
    if (/fdatasync(\(\d+\)| resumed>\)) += 0/.test(line)) inFlight -= 1;
  }
  expect(inFlight).toBe(0);
  expect(await problems()).toEqual([]);
});

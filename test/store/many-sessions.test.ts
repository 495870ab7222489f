import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openStore, recoverConversations } from "../../src/store/index.js";
import { startCommandedStore } from "./support/commanded-store.js";
import { at, idsOf, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { ALWAYS_AT_ONCE, NAME } from "./support/make-store.js";
import { countOf } from "../support/counts.js";

/** More than may be open at once. `npm run test:faults` takes a thousand and more. */
const COUNT = Number(process.env["MANY_SESSIONS"] ?? countOf(180, 300));
const IDS = Array.from({ length: COUNT }, (_, i) => `s${i}`);
/** A busy disk may answer so many files later than the ten seconds that a flush waits. */
const LIMITS = { maxOpenJournals: 64, maxFlushMs: 120_000 };
const TIMEOUT_MS = 60_000 + 300 * COUNT;

test(
  `${COUNT} sessions need few descriptors and give their memory back, and all are complete`,
  { timeout: TIMEOUT_MS },
  async () => {
    if (spawnSync("prlimit", ["--version"]).status !== 0) {
      process.stderr.write("not run: limiting a process's descriptors needs prlimit\n");
      return;
    }
    const directory = makeFolder();
    const limited = ["prlimit", "--nofile=160:160"];
    const { tell, tellAll, problems } = startCommandedStore(directory, LIMITS, limited);
    const count = async (what: "files" | "heapBytes"): Promise<number> =>
      (await tell([what])).result as number;
    const filesBefore = await count("files");
    const heapBefore = await count("heapBytes");
    let mostFiles = 0;
    await tellAll(IDS.map((id) => ["open", sessionStart(id)] as const));
    for (let n = 1; n <= 5; n += 1) {
      await tellAll(IDS.map((id) => ["add", id, userSays(n, `${id} says ${n}`)] as const));
      mostFiles = Math.max(mostFiles, await count("files"));
    }
    await tell(["flush"]);
    const heapOpen = await count("heapBytes");
    await tellAll(IDS.map((id) => ["close", id, { ended_at: at(9) }] as const));
    await tell(["flush"]);
    expect(await problems()).toEqual([]);
    expect((await tell(["openSessions"])).result).toBe(0);
    // The journals, what is published and synced at that moment, and the folder.
    expect(mostFiles - filesBefore).toBeLessThan(LIMITS.maxOpenJournals + 10);
    expect(heapOpen - heapBefore).toBeLessThan(COUNT * 50_000);
    expect((await count("heapBytes")) - heapBefore).toBeLessThan(10_000_000);
    expect(await problems()).toEqual([]);
    const fileNames = readdirSync(directory);
    expect(fileNames).toHaveLength(COUNT);
    const seen = new Set<string>();
    for (const fileName of fileNames) {
      const { conversation, session, integrity } = readPublished(join(directory, fileName));
      seen.add(session.id);
      expect(session.status).toBe("complete");
      expect(integrity).toEqual({ dropped: 0, damaged_lines: 0 });
      expect(conversation.map(({ content }) => content)).toEqual(
        [1, 2, 3, 4, 5].map((n) => `${session.id} says ${n}`),
      );
    }
    expect(seen).toEqual(new Set(IDS));
  },
);

test(`${COUNT} sessions that a kill ends are all recovered`, { timeout: TIMEOUT_MS }, async () => {
  const directory = makeFolder();
  const { tellAll, kill } = startCommandedStore(directory, LIMITS);
  await tellAll(IDS.map((id) => ["open", sessionStart(id)] as const));
  await tellAll(IDS.map((id) => ["add", id, userSays(1, `${id} says it`)] as const));
  await kill();
  const reports = await recoverConversations(directory, { onProblem: () => undefined });
  expect(reports).toHaveLength(COUNT);
  expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(["recovered"]));
  for (const { path } of reports) {
    const { conversation, session } = readPublished(path);
    expect(conversation.map(({ content }) => content)).toEqual([`${session.id} says it`]);
  }
});

test("two stores of one process share a folder, also for the same session", async () => {
  const directory = makeFolder();
  const stores = [1, 2].map(() => openStore({ directory, limits: ALWAYS_AT_ONCE }));
  for (const [i, store] of stores.entries()) {
    store.open(sessionStart());
    for (let n = 1; n <= 20; n += 1) store.add("s1", userSays(n, `store ${i} says ${n}`));
  }
  await stores[0]!.shutdown();
  // The other one goes on, and its journal is not taken for an abandoned one.
  expect(await recoverConversations(directory)).toMatchObject([{ name: NAME, messages: 20 }]);
  stores[1]!.add("s1", userSays(21, "store 1 says 21"));
  stores[1]!.close("s1", { ended_at: at(30) });
  await stores[1]!.shutdown();
  const [first, second] = [NAME, `${NAME}_2`].map((name) =>
    readPublished(join(directory, `${name}.json`)),
  );
  expect(first!.conversation.map(({ content }) => content)).toEqual(
    Array.from({ length: 20 }, (_, i) => `store 0 says ${i + 1}`),
  );
  expect(second!.conversation.map(({ content }) => content)).toEqual(
    Array.from({ length: 21 }, (_, i) => `store 1 says ${i + 1}`),
  );
  expect(readdirSync(directory)).toHaveLength(2);
});

test("two processes with the same session each have a conversation of their own, also after a kill", async () => {
  const directory = makeFolder();
  const [killed, closed] = [startCommandedStore(directory), startCommandedStore(directory)];
  await killed.tellAll([
    ["open", sessionStart()],
    ["add", "s1", userSays(1, "of the one")],
  ]);
  await closed.tellAll([
    ["open", sessionStart()],
    ["add", "s1", userSays(1, "of the other")],
  ]);
  await Promise.all([killed, closed].map(({ tell }) => tell(["add", "s1", userSays(2, "both")])));
  await killed.kill();
  expect(await recoverConversations(directory)).toMatchObject([{ name: NAME, messages: 2 }]);
  await closed.tellAll([["close", "s1", { ended_at: at(9) }], ["flush"]]);
  const read = (name: string) => readPublished(join(directory, `${name}.json`));
  expect(read(NAME).conversation[0]?.content).toBe("of the one");
  expect(read(NAME).session.status).toBe("recovered");
  expect(read(`${NAME}_2`).conversation[0]?.content).toBe("of the other");
  expect(read(`${NAME}_2`).session.status).toBe("complete");
  expect(idsOf(read(`${NAME}_2`))).toEqual(["m_1", "m_2"]);
});

test("a clock that goes backwards between two conversations gives them different names", async () => {
  const directory = makeFolder();
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  for (const id of ["s1", "s2", "s3"]) {
    // An hour is there twice when summer time ends.
    store.open(sessionStart(id));
    store.add(id, userSays(1, id));
    store.close(id, { ended_at: at(-3600) });
    await store.flush();
  }
  await store.shutdown();
  expect(readdirSync(directory)).toEqual([`${NAME}.json`, `${NAME}_2.json`, `${NAME}_3.json`]);
  for (const [i, fileName] of readdirSync(directory).entries()) {
    expect(readPublished(join(directory, fileName)).conversation[0]?.content).toBe(`s${i + 1}`);
  }
});

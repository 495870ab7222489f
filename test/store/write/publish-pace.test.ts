import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openFolderSource } from "../../../src/source/index.js";
import { type StoreLimits, openStore, readConversation } from "../../../src/store/index.js";
import {
  agentSays,
  at,
  idsOf,
  readPublished,
  sessionStart,
  userSays,
} from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { ALWAYS_AT_ONCE, NAME } from "../support/make-store.js";

/** A conversation whose document is larger than what is published at each change. */
async function openLarge(limits: Partial<StoreLimits>) {
  const directory = makeFolder();
  const store = openStore({
    directory,
    limits: { ...ALWAYS_AT_ONCE, publishAtOnceBytes: 1000, ...limits },
  });
  store.open(sessionStart());
  store.add("s1", userSays(1, "a long sentence ".repeat(100)));
  await store.flush();
  return { directory, store, path: join(directory, `${NAME}.json`) };
}

/** Resolves when everything that can be done without a timer was done. */
async function settleFiles(path: string): Promise<void> {
  for (let calm = 0, last = 0n; calm < 20; calm += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    const { mtimeNs } = statSync(path, { bigint: true });
    if (mtimeNs !== last) calm = 0;
    last = mtimeNs;
  }
}

test("a large document waits for more changes, and every reader shows the newest word at once", async () => {
  const { directory, store, path } = await openLarge({ maxBehindMs: 600_000 });
  store.add("s1", agentSays(2, "never in the document yet"));
  store.amend("s1", "m_2", { delivery: "full" });
  await settleFiles(path);
  expect(idsOf(readPublished(path))).toEqual(["m_1"]);

  const newest = { id: "m_2", delivery: "full", content: "never in the document yet" };
  const { conversation, origin } = await readConversation(path);
  expect(origin).toBe("journal");
  expect(conversation.conversation[1]).toMatchObject(newest);
  // `show`, `list`, `search` and `latency` read through the folder's source.
  const source = openFolderSource(directory);
  expect((await source.read(NAME)).conversation[1]).toMatchObject(newest);
  for await (const { call } of source.readCalls())
    expect(call?.hasText("never in the document yet")).toBe(true);
  await store.shutdown();
});

test("a large document is published when it has been behind for long enough", async () => {
  const { store, path } = await openLarge({ maxBehindMs: 20 });
  store.add("s1", userSays(2, "published by itself"));
  await expect.poll(() => idsOf(readPublished(path))).toEqual(["m_1", "m_2"]);
  await store.shutdown();
});

test("flush() and the end of a session publish a large document at once", async () => {
  const { store, path } = await openLarge({ maxBehindMs: 600_000 });
  store.add("s1", userSays(2, "flushed"));
  await store.flush();
  expect(idsOf(readPublished(path))).toEqual(["m_1", "m_2"]);
  store.add("s1", userSays(3, "the last word"));
  store.close("s1", { ended_at: at(9) });
  await expect.poll(() => readPublished(path).session.status).toBe("complete");
  expect(idsOf(readPublished(path))).toEqual(["m_1", "m_2", "m_3"]);
  await store.shutdown();
});

test("changes of a large document wait also after a flush() that had nothing to publish", async () => {
  const { store, path } = await openLarge({ maxBehindMs: 600_000 });
  await store.flush();
  store.add("s1", userSays(2, "not in the document yet"));
  await settleFiles(path);
  expect(idsOf(readPublished(path))).toEqual(["m_1"]);
  await store.shutdown();
});

test("a small document follows each change without a wait", async () => {
  const { store, path } = await openLarge({ publishAtOnceBytes: 1e6, maxBehindMs: 600_000 });
  store.add("s1", userSays(2, "at once"));
  await expect.poll(() => idsOf(readPublished(path))).toEqual(["m_1", "m_2"]);
  await store.shutdown();
});

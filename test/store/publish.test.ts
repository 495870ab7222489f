import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import { openStore, readConversation } from "../../src/store/index.js";
import { createWhole, identityOf } from "../../src/store/disk/exclusive-file.js";
import { replaceFile } from "../../src/store/disk/replace-file.js";
import { runLater, runNow } from "../../src/store/disk/steps.js";
import { at, idsOf, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { ALWAYS_AT_ONCE } from "./support/make-store.js";

const NAME = "conversation_20250818_143022";

function makeStore(directory = makeFolder()) {
  const problems: string[] = [];
  const onProblem = (line: string): unknown => problems.push(line);
  const store = openStore({ directory, onProblem, limits: ALWAYS_AT_ONCE });
  return { store, problems };
}

test("whoever reads without pause while 2,000 messages are written sees whole documents only", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  let isWriting = true;
  let seen = 0;
  const sizes = new Set<number>();
  const read = async (): Promise<void> => {
    while (isWriting) {
      const document = JSON.parse(await readFile(path, "utf8")) as { conversation: unknown[] };
      expect(document.conversation.length).toBeGreaterThanOrEqual(seen);
      seen = document.conversation.length;
      sizes.add(seen);
    }
  };
  const reading = read();
  for (let n = 1; n <= 2000; n += 1) {
    store.add("s1", userSays(n, `message ${n}`));
    // Readers and publishes get their turn between two messages, as in a real conversation.
    if (n % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await store.flush();
  isWriting = false;
  await reading;
  expect(readPublished(path).conversation).toHaveLength(2000);
  expect(sizes.size).toBeGreaterThan(5);
  await store.shutdown();
});

test("a burst of messages is published at once, not one by one", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  const before = lstatSync(path).ino;
  for (let n = 1; n <= 500; n += 1) store.add("s1", userSays(n, "hello"));
  expect(lstatSync(path).ino).toBe(before);
  await store.flush();
  expect(readPublished(path).conversation).toHaveLength(500);
  await store.shutdown();
});

test("a file that someone else changed meanwhile is kept aside and reported", async () => {
  const { store, problems } = makeStore();
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  writeFileSync(path, "my own notes");
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  writeFileSync(path, "more notes");
  store.add("s1", userSays(2, "hello again"));
  store.close("s1", { ended_at: at(3) });
  await store.shutdown();
  expect(readFileSync(`${path}.edited-1`, "utf8")).toBe("my own notes");
  expect(readFileSync(`${path}.edited-2`, "utf8")).toBe("more notes");
  expect(idsOf(readPublished(path))).toEqual(["m_1", "m_2"]);
  expect(problems).toEqual([
    `"${NAME}.json" was changed by someone else while the conversation went on; that version is kept as "${NAME}.json.edited-1"`,
  ]);
});

test("a file that someone deleted is published again", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  rmSync(path);
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  expect(idsOf(readPublished(path))).toEqual(["m_1"]);
  await store.shutdown();
});

test("a folder that someone deleted comes back with the whole conversation", async () => {
  const directory = join(makeFolder(), "conversations");
  const store = openStore({
    directory,
    onProblem: () => undefined,
    limits: { ...ALWAYS_AT_ONCE, retryDelayMs: 600_000 },
  });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  rmSync(directory, { recursive: true });
  store.add("s1", userSays(2, "still here"));
  store.close("s1", { ended_at: at(3) });
  await store.flush();
  await store.flush();
  expect(idsOf(readPublished(store.pathOf("s1")!))).toEqual(["m_1", "m_2"]);
  expect(readdirSync(directory)).toEqual([`${NAME}.json`]);
  await store.shutdown();
});

test("links at the names of a conversation are never followed", async () => {
  const directory = makeFolder();
  const elsewhere = makeFolder();
  const target = join(elsewhere, "precious");
  symlinkSync(target, join(directory, `${NAME}.json`));
  symlinkSync(target, join(directory, `${NAME}_2.journal`));
  const { store } = makeStore(directory);
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  expect(basename(path)).toBe(`${NAME}_3.json`);
  // And one that is put there while the conversation goes on.
  writeFileSync(target, "precious");
  rmSync(path);
  symlinkSync(target, path);
  store.add("s1", userSays(1, "hello"));
  store.close("s1", { ended_at: at(2) });
  await store.shutdown();
  expect(readFileSync(target, "utf8")).toBe("precious");
  expect(lstatSync(path).isFile()).toBe(true);
  expect(lstatSync(`${path}.edited-1`).isSymbolicLink()).toBe(true);
});

test("a file is created only where nothing stands, not even a link to nowhere", () => {
  const directory = makeFolder();
  const taken = join(directory, "taken");
  const link = join(directory, "link");
  writeFileSync(taken, "mine");
  symlinkSync(join(directory, "nowhere"), link);
  for (const path of [taken, link]) {
    expect(() => runNow(createWhole(path, [Buffer.from("theirs")]))).toThrow("EEXIST");
  }
  expect(readFileSync(taken, "utf8")).toBe("mine");
  expect(readdirSync(directory).toSorted()).toEqual(["link", "taken"]);
});

test("a publish that fails leaves the old document and nothing beside it", async () => {
  const directory = makeFolder();
  const path = join(directory, "blocked.json");
  // A folder with something in it cannot be replaced by a file, and cannot be moved onto one.
  mkdirSync(join(path, "inside"), { recursive: true });
  const found = lstatSync(path, { bigint: true });
  const options = { replaces: identityOf(found), durable: false };
  await expect(runLater(replaceFile(path, [Buffer.from("{}")], options))).rejects.toMatchObject({
    syscall: "rename",
  });
  expect(readdirSync(directory)).toEqual(["blocked.json"]);
});

test("a document of many pieces is written whole", async () => {
  const path = join(makeFolder(), "pieces.json");
  const pieces = Array.from({ length: 5000 }, (_, i) => Buffer.from(`${i},`));
  await runLater(replaceFile(path, pieces, { replaces: undefined, durable: true }));
  expect(readFileSync(path)).toEqual(Buffer.concat(pieces));
});

test("after every publish the file and the journal say the same", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  for (let n = 1; n <= 300; n += 1) {
    store.add("s1", userSays(n, `message ${n}`));
    if (n % 50 !== 0) continue;
    await store.flush();
    expect((await readConversation(store.pathOf("s1")!)).origin).toBe("file");
  }
  await store.shutdown();
});

import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { RecordError } from "../../../src/record/index.js";
import {
  listConversations,
  openStore,
  readConversation,
  StoreError,
} from "../../../src/store/index.js";
import { currentOwner } from "../../../src/platform/owner.js";
import { encodeLine } from "../../../src/store/journal/journal-line.js";
import { at, idsOf, sessionStart, userSays } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { ALWAYS_AT_ONCE } from "../support/make-store.js";

const NAME = "conversation_20250818_143022";

test("a file behind its journal is read from the journal", async () => {
  const store = openStore({ directory: makeFolder(), limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  store.add("s1", userSays(1, "acknowledged, not published yet"));
  const read = await readConversation(path);
  expect(read.origin).toBe("journal");
  expect(idsOf(read.conversation)).toEqual(["m_1"]);
  expect(read.conversation.metrics.user_messages).toBe(1);
  await store.flush();
  expect(await readConversation(path)).toEqual({ conversation: read.conversation, origin: "file" });
  await store.shutdown();
});

test("an amendment that is not published yet is read from the journal", async () => {
  const store = openStore({ directory: makeFolder(), limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  store.amend("s1", "m_1", { content: "hello there" });
  const { conversation, origin } = await readConversation(store.pathOf("s1")!);
  expect(origin).toBe("journal");
  expect(conversation.conversation[0]?.content).toBe("hello there");
  await store.shutdown();
});

test("a file that is missing or broken is read from the journal", async () => {
  const store = openStore({ directory: makeFolder(), limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.shutdown();
  const path = join(store.directory, `${NAME}.json`);
  writeFileSync(path, readFileSync(path, "utf8").slice(0, 50));
  expect(await readConversation(path)).toMatchObject({ origin: "journal" });
  rmSync(path);
  const { conversation, origin } = await readConversation(path);
  expect([origin, idsOf(conversation)]).toEqual(["journal", ["m_1"]]);
});

test("a file that has more than its journal wins", async () => {
  const store = openStore({ directory: makeFolder(), limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  const journal = join(store.directory, `${NAME}.journal`);
  const early = readFileSync(journal);
  store.add("s1", userSays(1, "hello"));
  await store.shutdown();
  writeFileSync(journal, early);
  const { conversation, origin } = await readConversation(join(store.directory, `${NAME}.json`));
  expect([origin, idsOf(conversation)]).toEqual(["file", ["m_1"]]);
});

test("an end that is in the journal only is read from there", async () => {
  const store = openStore({ directory: makeFolder(), limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  const path = store.pathOf("s1")!;
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  store.add("s1", userSays(2, "goodbye"));
  store.close("s1", { ended_at: at(3) });
  const { conversation, origin } = await readConversation(path);
  expect(origin).toBe("journal");
  expect(conversation.session.status).toBe("complete");
  expect(idsOf(conversation)).toEqual(["m_1", "m_2"]);
  await store.shutdown();
});

test("what is no conversation, and what is not there, are told apart", async () => {
  const directory = makeFolder();
  const path = join(directory, "x.json");
  await expect(readConversation(path)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(readConversation(path)).rejects.toBeInstanceOf(StoreError);
  mkdirSync(path);
  await expect(readConversation(path)).rejects.toMatchObject({ code: "UNREADABLE" });
  const other = join(directory, "y.json");
  writeFileSync(other, "{}");
  await expect(readConversation(other)).rejects.toBeInstanceOf(RecordError);
});

test("conversations are listed newest first, with those of which only a journal is left", async () => {
  const store = openStore({ directory: makeFolder(), textLog: true, limits: ALWAYS_AT_ONCE });
  const { directory } = store;
  for (const id of ["s1", "s2", "s3"]) store.open(sessionStart(id));
  store.close("s1", { ended_at: at(1) });
  await store.shutdown();
  rmSync(join(directory, `${NAME}_3.json`));
  writeFileSync(join(directory, `${NAME}.tags.json`), "{}");
  writeFileSync(join(directory, `.${NAME}.json.1-0badcafe.tmp`), "{}");
  writeFileSync(join(directory, `${NAME}.json.edited-1`), "{}");
  mkdirSync(join(directory, "folder.json"));
  const touch = (fileName: string, seconds: number): void =>
    utimesSync(join(directory, fileName), seconds, seconds);
  touch(`${NAME}.json`, 2000);
  touch(`${NAME}_2.json`, 3000);
  touch(`${NAME}_3.journal`, 1000);
  const path = (name: string): string => join(directory, `${name}.json`);
  expect(await listConversations(directory)).toEqual([
    { path: path(`${NAME}_2`), name: `${NAME}_2`, modifiedAt: new Date(3_000_000) },
    { path: path(NAME), name: NAME, modifiedAt: new Date(2_000_000) },
    { path: path(`${NAME}_3`), name: `${NAME}_3`, modifiedAt: new Date(1_000_000) },
  ]);
});

test("a folder that does not exist lists nothing, and one that is a file says so", async () => {
  const directory = makeFolder();
  expect(await listConversations(join(directory, "nowhere"))).toEqual([]);
  writeFileSync(join(directory, "file"), "");
  await expect(listConversations(join(directory, "file"))).rejects.toMatchObject({
    code: "UNREADABLE",
  });
});

test("a journal that cannot be read beside an open document is told, and the document is read", async () => {
  const cases: [plant: (journal: string) => void, why: string][] = [
    [(journal) => mkdirSync(journal), "cannot be read: illegal operation on a directory (EISDIR)"],
    [(journal) => writeFileSync(journal, "no line of ours\n"), "is damaged from its first line on"],
    [
      (journal) => {
        const open = { op: "open" as const, session: sessionStart(), owner: currentOwner() };
        writeFileSync(journal, encodeLine({ ...open, journal: 2, n: 0, at: 0 }).bytes);
      },
      "was written by a newer version of TalkTrace; update it to read it",
    ],
  ];
  for (const [plant, why] of cases) {
    const directory = makeFolder();
    const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
    store.open(sessionStart());
    store.add("s1", userSays(1, "hello"));
    await store.shutdown();
    const journal = join(directory, `${NAME}.journal`);
    rmSync(journal);
    plant(journal);
    const read = await readConversation(join(directory, `${NAME}.json`));
    expect(read).toMatchObject({ origin: "file", problem: `"${NAME}.journal" ${why}` });
    expect(idsOf(read.conversation)).toEqual(["m_1"]);
  }
});

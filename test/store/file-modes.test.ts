import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { recoverConversations } from "../../src/store/index.js";
import { at, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { leaveJournal } from "./support/left-journal.js";
import { NAME, makeStore } from "./support/make-store.js";

// A process that lets everybody in unless the code says otherwise.
beforeEach(() => {
  const before = process.umask(0);
  onTestFinished(() => void process.umask(before));
});

/** The permissions of a folder and of everything in it, in octal. */
function modesIn(folder: string): { [name: string]: string } {
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  return Object.fromEntries([
    ["", modeOf(folder)],
    ...readdirSync(folder).map((name) => [name, modeOf(join(folder, name))]),
  ]) as { [name: string]: string };
}

async function record(fileMode?: number) {
  const { store } = makeStore({ textLog: true, ...(fileMode !== undefined && { fileMode }) });
  store.open(sessionStart());
  store.add("s1", userSays(1, "my number is 42"));
  await store.flush();
  const during = modesIn(store.directory);
  store.close("s1", { ended_at: at(2) });
  await store.shutdown();
  return { directory: store.directory, during, after: modesIn(store.directory) };
}

test("nobody but the owner may read a document, its journal, its text log or the folders of them", async () => {
  const { directory, during, after } = await record();
  expect(during).toEqual({
    "": "700",
    [`${NAME}.journal`]: "600",
    [`${NAME}.json`]: "600",
    [`${NAME}.txt`]: "600",
  });
  expect(after).toEqual({ "": "700", [`${NAME}.json`]: "600", [`${NAME}.txt`]: "600" });
  expect(modesIn(join(directory, ".."))[""]).toBe("700");
});

test("a store lets in whom `fileMode` lets in, and nobody else", async () => {
  const { during, after } = await record(0o640);
  expect(new Set(Object.values(during))).toEqual(new Set(["750", "640"]));
  expect(after).toEqual({ "": "750", [`${NAME}.json`]: "640", [`${NAME}.txt`]: "640" });
});

test("a recovered document lets in whom its journal let in", async () => {
  const directory = makeFolder();
  leaveJournal(directory);
  process.umask(0o077);
  const narrow = makeFolder();
  leaveJournal(narrow);
  process.umask(0);
  for (const folder of [directory, narrow]) await recoverConversations(folder);
  expect(modesIn(directory)[`${NAME}.json`]).toBe("666");
  expect(modesIn(narrow)[`${NAME}.json`]).toBe("600");
});

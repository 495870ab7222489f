import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { currentOwner } from "../../src/platform/owner.js";
import { readConversation, recoverConversations } from "../../src/store/index.js";
import { encodeLine } from "../../src/store/journal/journal-line.js";
import { replayJournal } from "../../src/store/journal/replay.js";
import { startCommandedStore } from "./support/commanded-store.js";
import {
  agentSays,
  at,
  idsOf,
  readPublished,
  sessionStart,
  userSays,
} from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { NAME, makeStore } from "./support/make-store.js";

const silent = { onProblem: (): void => undefined };

/** What a person may do to a journal in the middle of a call, and what is kept of that. */
const DEEDS: Record<string, { act: (journal: string) => void; isKept: boolean }> = {
  "removes it": { act: (journal) => rmSync(journal), isKept: false },
  "empties it": { act: (journal) => truncateSync(journal), isKept: true },
  "cuts it in the middle of a line": {
    act: (journal) => truncateSync(journal, lstatSync(journal).size - 9),
    isKept: true,
  },
  "appends to it": { act: (journal) => appendFileSync(journal, "a note\n"), isKept: true },
  "saves an edited copy in its place": {
    act(journal) {
      writeFileSync(`${journal}~`, readFileSync(journal, "utf8").replaceAll("hello", "HELLO"));
      renameSync(`${journal}~`, journal);
    },
    isKept: true,
  },
  "puts a folder there": {
    act(journal) {
      rmSync(journal);
      mkdirSync(join(journal, "inside"), { recursive: true });
    },
    isKept: true,
  },
  "puts a pipe there": {
    act(journal) {
      rmSync(journal);
      execFileSync("mkfifo", [journal]);
    },
    isKept: true,
  },
  "puts a link to a precious file there": {
    act(journal) {
      rmSync(journal);
      symlinkSync(join(journal, "..", "..", "precious"), journal);
    },
    isKept: true,
  },
};

for (const [deed, { act, isKept }] of Object.entries(DEEDS)) {
  test(`when someone ${deed}, a new journal holds all, and a kill costs nothing`, async () => {
    const folder = makeFolder();
    const directory = join(folder, "conversations");
    writeFileSync(join(folder, "precious"), "precious");
    const { tellAll, kill, problems } = startCommandedStore(directory);
    await tellAll([
      ["open", sessionStart()],
      ["open", sessionStart("other")],
      ["add", "other", userSays(1, "of the other session")],
      ["add", "s1", userSays(1, "hello")],
      ["add", "s1", agentSays(2, "good morning to you")],
      ["add", "s1", agentSays(3, "never heard")],
      ["retract", "s1", "m_3", "failed", "no voice"],
      ["addEvent", "s1", { type: "note", timestamp: at(3), data: { n: 1 } }],
      ["flush"],
    ]);
    const journal = join(directory, `${NAME}.journal`);
    const otherJournal = readFileSync(join(directory, `${NAME}_2.journal`), "utf8");
    act(journal);
    await tellAll([
      ["amend", "s1", "m_2", { delivery: "partial", content: "good" }],
      ["add", "s1", userSays(4, "still here")],
      ["flush"],
      ["add", "s1", userSays(5, "after the new journal")],
    ]);
    const told = (await problems()).filter((line) => line.startsWith(`"${NAME}.journal" was `));
    expect(told).toHaveLength(1);
    expect(lstatSync(journal).isFile()).toBe(true);
    const aside = readdirSync(directory).filter((name) => name.includes(".edited-"));
    expect(aside).toEqual(isKept ? [`${NAME}.journal.edited-1`] : []);
    await kill();

    // With the journal alone: the published file is not there to help.
    rmSync(join(directory, `${NAME}.json`));
    const reports = await recoverConversations(directory, silent);
    expect(reports.map(({ outcome }) => outcome)).toEqual(["recovered", "recovered"]);
    const { conversation, unspoken, events, integrity } = readPublished(
      join(directory, `${NAME}.json`),
    );
    expect(conversation.map(({ id, content }) => `${id} ${content}`)).toEqual([
      "m_1 hello",
      "m_2 good",
      "m_4 still here",
      "m_5 after the new journal",
    ]);
    expect(unspoken).toMatchObject([{ id: "m_3", seq: 3, reason: "failed", error: "no voice" }]);
    expect(events).toHaveLength(1);
    expect(integrity).toMatchObject({ dropped: 0, damaged_lines: 0 });
    // The other session has not noticed.
    expect(readPublished(join(directory, `${NAME}_2.json`)).conversation).toHaveLength(1);
    expect(otherJournal.split("\n")).toHaveLength(3);
    expect(readFileSync(join(folder, "precious"), "utf8")).toBe("precious");
  });
}

test("when the folder is deleted in the middle of a call, a kill after that costs nothing", async () => {
  const directory = join(makeFolder(), "conversations");
  const { tell, tellAll, kill } = startCommandedStore(directory);
  await tellAll([
    ["open", sessionStart()],
    ["open", sessionStart("s2")],
    ["add", "s1", userSays(1, "hello")],
    ["add", "s2", userSays(1, "hello to you")],
    ["flush"],
  ]);
  rmSync(directory, { recursive: true });
  await tellAll([["add", "s1", userSays(2, "still here")], ["flush"]]);
  expect(readdirSync(directory).toSorted()).toEqual([
    `${NAME}.journal`,
    `${NAME}.json`,
    `${NAME}_2.journal`,
  ]);
  await tell(["add", "s1", userSays(3, "and here")]);
  await kill();
  const reports = await recoverConversations(directory, silent);
  expect(reports).toMatchObject([
    { outcome: "recovered", messages: 3 },
    { outcome: "recovered", messages: 1 },
  ]);
  expect(idsOf(readPublished(join(directory, `${NAME}.json`)))).toEqual(["m_1", "m_2", "m_3"]);
});

test("files that vanish while nobody speaks come back by themselves", async () => {
  const { store } = makeStore({ limits: { heartbeatMs: 5 }, onProblem: () => undefined });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  rmSync(store.directory, { recursive: true });
  const path = join(store.directory, `${NAME}.json`);
  await expect
    .poll(async () => (await readConversation(path).catch(() => undefined))?.origin)
    .toBe("file");
  await expect.poll(() => readdirSync(store.directory).length).toBe(2);
  expect(idsOf(readPublished(path))).toEqual(["m_1"]);
  await store.shutdown();
});

test("a journal that another session has under our name stays its own", async () => {
  const { store, problems } = makeStore();
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  rmSync(store.directory, { recursive: true });
  mkdirSync(store.directory);
  const journal = join(store.directory, `${NAME}.journal`);
  const { bytes } = encodeLine({
    op: "open",
    journal: 1,
    session: sessionStart("theirs"),
    owner: { ...currentOwner(), pid: 1 },
    n: 0,
    at: 0,
  });
  writeFileSync(journal, bytes);
  store.add("s1", userSays(2, "still here"));
  await store.flush();
  expect(readFileSync(journal)).toEqual(bytes);
  const path = store.pathOf("s1")!;
  expect(path).toBe(join(store.directory, `${NAME}_2.json`));
  expect(idsOf(readPublished(path))).toEqual(["m_1", "m_2"]);
  expect(problems).toContain(
    `"${NAME}.json" belongs to another conversation now; session "s1" goes on as "${NAME}_2.json"`,
  );
  store.close("s1", { ended_at: at(9) });
  await store.shutdown();
  expect(readdirSync(store.directory)).toEqual([`${NAME}.journal`, `${NAME}_2.json`]);
});

test("a new journal is no longer than what there is, however often that was amended", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  store.add("s1", agentSays(1, "hello"));
  for (let n = 0; n < 20_000; n += 1) {
    store.amend("s1", "m_1", { started_at: at(n), delivery: n % 2 === 0 ? "full" : "pending" });
  }
  const journal = join(store.directory, `${NAME}.journal`);
  expect(lstatSync(journal).size).toBeGreaterThan(20_000 * 100);
  rmSync(journal);
  await store.flush();
  expect(lstatSync(journal).size).toBeLessThan(2000);
  store.amend("s1", "m_1", { delivery: "full" });
  const replay = replayJournal(readFileSync(journal));
  if (typeof replay === "string") throw new Error(replay);
  expect(replay.state.messages.items()).toMatchObject([
    { started_at: at(19_999), delivery: "full" },
  ]);
  await store.flush();
  expect((await readConversation(store.pathOf("s1")!)).origin).toBe("file");
  await store.shutdown();
});

test("a journal that was put in another's place at the end is not removed", async () => {
  const { store, problems } = makeStore();
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.flush();
  const journal = join(store.directory, `${NAME}.journal`);
  store.close("s1", { ended_at: at(2) });
  // The last publish has not begun yet; it will look, and find this.
  rmSync(journal);
  writeFileSync(journal, "mine");
  await store.shutdown();
  expect(readFileSync(`${journal}.edited-1`, "utf8")).toBe("mine");
  expect(readPublished(join(store.directory, `${NAME}.json`)).session.status).toBe("complete");
  expect(problems).toHaveLength(1);
});

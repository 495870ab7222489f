import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openStore, readConversation, recoverConversations } from "../../src/store/index.js";
import { encodeLine } from "../../src/store/journal/journal-line.js";
import { agentSays, at, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { LEFT_AT_MS } from "./support/left-journal.js";
import { ALWAYS_AT_ONCE, NAME } from "./support/make-store.js";

const silent = { onProblem: (): void => undefined };

/** A folder with a journal and the document that was published last beside it. */
async function leaveBoth({ closes }: { closes: boolean }) {
  const directory = makeFolder();
  const json = join(directory, `${NAME}.json`);
  const journal = join(directory, `${NAME}.journal`);
  const store = openStore({ directory, limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.add("s1", agentSays(2, "good morning"));
  store.addEvent("s1", { type: "note", timestamp: at(2), data: {} });
  store.add("s1", agentSays(3, "never said"));
  store.retract("s1", "m_3", "discarded");
  store.amendSession("s1", { room: "lobby" });
  await store.flush();
  if (!closes) await store.shutdown();
  else {
    const lines = readFileSync(journal);
    store.close("s1", { ended_at: at(4) });
    await store.shutdown();
    const end = { ended_at: at(4) };
    const close = encodeLine({ op: "close", end, n: 7, at: LEFT_AT_MS }).bytes;
    const released = encodeLine({ op: "release", n: 8, at: LEFT_AT_MS }).bytes;
    writeFileSync(journal, Buffer.concat([lines, close, released]));
  }
  return { directory, json, journal };
}

test("a complete file is not rewritten for the sake of a journal that was left over", async () => {
  const { directory, json } = await leaveBoth({ closes: true });
  const { ino, mtimeMs } = statSync(json);
  const reports = await recoverConversations(directory);
  expect(reports).toMatchObject([{ outcome: "completed", messages: 2 }]);
  expect(reports[0]).not.toHaveProperty("problem");
  expect(statSync(json)).toMatchObject({ ino, mtimeMs });
  expect(readdirSync(directory)).toEqual([`${NAME}.json`]);
});

test.each([0, 4096])(
  "a document of %i zeros, as a power cut leaves one, is nobody's edit",
  async (bytes) => {
    const { directory, json } = await leaveBoth({ closes: false });
    writeFileSync(json, Buffer.alloc(bytes));
    const reports = await recoverConversations(directory);
    expect(reports).toMatchObject([{ outcome: "recovered", messages: 2 }]);
    expect(reports[0]).not.toHaveProperty("problem");
    expect(readdirSync(directory)).toEqual([`${NAME}.json`]);
    expect(readPublished(json).conversation).toHaveLength(2);
  },
);

const EDITS: Record<string, (text: string) => string> = {
  "is said to be complete": (text) => text.replace(/"status": "\w+"/, '"status": "complete"'),
  "is said to be recovered": (text) => text.replace(/"status": "\w+"/, '"status": "recovered"'),
  "has lost its messages": (text) => change(text, (found) => (found["conversation"] = [])),
  "has lost its events": (text) => change(text, (found) => (found["events"] = [])),
  "has lost what was not said": (text) => change(text, (found) => (found["unspoken"] = [])),
  "has other words": (text) => text.replace("good morning", "go away"),
  "is in another room": (text) => text.replace("lobby", "cellar"),
};

/** Changes a document in one way, and makes it look as if its session were over. */
function change(text: string, edit: (document: Record<string, unknown>) => void): string {
  const found = JSON.parse(text) as Record<string, Record<string, unknown>>;
  edit(found);
  if (found["session"]?.["status"] === "open") found["session"]["status"] = "complete";
  delete found["integrity"]?.["line"];
  return JSON.stringify(found);
}

for (const closes of [false, true]) {
  for (const [deed, edit] of Object.entries(EDITS)) {
    if (closes && deed === "is said to be complete") continue;
    const which = closes ? "whose journal has its end" : "of a session that nobody ended";
    test(`a document ${which} and that ${deed} does not cost what the journal has`, async () => {
      const { directory, json } = await leaveBoth({ closes });
      const published = readFileSync(json, "utf8");
      const edited = edit(published);
      writeFileSync(json, edited);
      const words = ["hello", "good morning"];
      const { conversation: read } = await readConversation(json);
      expect(read.conversation.map(({ content }) => content)).toEqual(words);

      const problems: string[] = [];
      const onProblem = (line: string): void => void problems.push(line);
      const [report] = await recoverConversations(directory, { onProblem });
      expect(report).toMatchObject({
        outcome: closes ? "completed" : "recovered",
        messages: 2,
        problem: `"${NAME}.json" was not what was published last; it is kept as "${NAME}.json.edited-1"`,
      });
      expect(problems).toEqual([report?.problem]);
      expect(readFileSync(`${json}.edited-1`, "utf8")).toBe(edited);
      const { conversation, unspoken, events, session, integrity } = readPublished(json);
      expect(conversation.map(({ content }) => content)).toEqual(words);
      expect(unspoken.map(({ content }) => content)).toEqual(["never said"]);
      expect(events).toHaveLength(1);
      expect(session).toMatchObject({ status: closes ? "complete" : "recovered", room: "lobby" });
      expect(integrity).toEqual({ dropped: 0, damaged_lines: 0 });
      expect(readdirSync(directory)).toEqual([`${NAME}.json`, `${NAME}.json.edited-1`]);
    });
  }
}

test("a final document is believed where its journal has less, by damage or for want of its end", async () => {
  for (const damage of [true, false]) {
    const { directory, json, journal } = await leaveBoth({ closes: true });
    const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
    if (damage) lines[2] = lines[2]!.replace(/.$/, "!");
    else lines.splice(3, lines.length - 4);
    writeFileSync(journal, `${lines.join("\n")}\n`);
    const published = readFileSync(json);
    expect(await readConversation(json)).toMatchObject({ origin: "file" });
    await recoverConversations(directory, silent);
    expect(readFileSync(json)).toEqual(published);
    const kept = damage ? [`${NAME}.journal.damaged`] : [];
    expect(readdirSync(directory)).toEqual([...kept, `${NAME}.json`]);
  }
});

test("of a document that was edited and a journal that is damaged, what each of them has is kept", async () => {
  const { directory, json, journal } = await leaveBoth({ closes: false });
  const lines = readFileSync(journal, "utf8").split("\n");
  lines[2] = lines[2]!.replace(/.$/, "!");
  writeFileSync(journal, lines.join("\n"));
  const edited = change(readFileSync(json, "utf8"), (found) => (found["events"] = []));
  writeFileSync(json, edited);
  const [report] = await recoverConversations(directory, silent);
  expect(report?.problem).toMatch(
    /^1 damaged line in .* was left out .*; ".*" was not what was published/,
  );
  const { conversation, events } = readPublished(json);
  expect(conversation.map(({ content }) => content)).toEqual(["hello", "good morning"]);
  expect(events).toHaveLength(1);
  expect(readFileSync(`${json}.edited-1`, "utf8")).toBe(edited);
});

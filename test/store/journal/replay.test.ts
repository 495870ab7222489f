import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measure } from "../../../src/store/document/measure.js";
import { renderDocument } from "../../../src/store/document/render-document.js";
import { currentOwner } from "../../../src/platform/owner.js";
import { toTimestamp } from "../../../src/record/index.js";
import { openStore, readConversation, recoverConversations } from "../../../src/store/index.js";
import { type Line, decodeLine, encodeLine } from "../../../src/store/journal/journal-line.js";
import { replayJournal } from "../../../src/store/journal/replay.js";
import { agentSays, at, sessionStart, userSays } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
import { deadPid } from "../support/left-journal.js";
import { ALWAYS_AT_ONCE } from "../support/make-store.js";

/** A journal with every kind of operation that leaves a session open. */
async function writeJournal(): Promise<Buffer> {
  const store = openStore({ directory: makeFolder(), limits: ALWAYS_AT_ONCE });
  store.open(sessionStart());
  store.add("s1", userSays(1, "नमस्ते, what is new?"));
  store.add("s1", agentSays(2, "not much"));
  store.amend("s1", "m_2", { delivery: "partial", content: "not", generated: "not much" });
  store.add("s1", agentSays(3, "never heard"));
  store.retract("s1", "m_3", "discarded");
  store.addEvent("s1", { type: "note", timestamp: at(3), data: { text: "a line" } });
  store.add("s1", userSays(4, "goodbye"));
  const bytes = readFileSync(join(store.directory, "conversation_20250818_143022.journal"));
  await store.shutdown();
  return bytes;
}

function documentOf(bytes: Buffer): string {
  const replay = replayJournal(bytes);
  if (typeof replay === "string") return replay;
  return Buffer.concat(renderDocument(replay.state, measure(replay.state))).toString("utf8");
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf("\n", start) + 1;
    lines.push(bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

/** Every text that is somewhere in a document. */
function wordsIn(document: string): string[] {
  const { conversation, unspoken, events } = JSON.parse(document) as {
    conversation: { content: string }[];
    unspoken: { content: string }[];
    events: { data: object }[];
  };
  return [
    ...conversation.map(({ content }) => content),
    ...unspoken.map(({ content }) => content),
    ...events.map(({ data }) => JSON.stringify(data)),
  ];
}

test("a journal cut anywhere replays to a state that there was, and never one ahead of it", async () => {
  const bytes = await writeJournal();
  const lines = linesOf(bytes);
  const states = lines.map((_, i) => documentOf(Buffer.concat(lines.slice(0, i + 1))));
  expect(new Set(states).size).toBe(lines.length);
  let wholeLines = 0;
  for (let length = 0; length <= bytes.length; length += 1) {
    // A last line that lacks nothing but its line feed is whole.
    const next = lines[wholeLines];
    const start = Buffer.concat(lines.slice(0, wholeLines)).length;
    if (next !== undefined && length - start === next.length - 1) wholeLines += 1;
    const expected = wholeLines === 0 ? "empty" : states[wholeLines - 1];
    expect(documentOf(bytes.subarray(0, length))).toBe(expected);
  }
  expect(wholeLines).toBe(lines.length);
});

test("no flipped byte ever yields words that nobody said", async () => {
  const bytes = await writeJournal();
  const lines = linesOf(bytes);
  const said = new Set(
    lines.flatMap((_, i) => {
      return wordsIn(documentOf(Buffer.concat(lines.slice(0, i + 1))));
    }),
  );
  const refused = new Set<number>();
  const unsaid: string[] = [];
  let damaged = 0;
  for (let offset = 0; offset < bytes.length; offset += 1) {
    for (const mask of [0x01, 0x20, 0xff]) {
      const flipped = Buffer.from(bytes);
      flipped[offset]! ^= mask;
      const replay = replayJournal(flipped);
      if (typeof replay === "string") {
        refused.add(offset);
        continue;
      }
      damaged += replay.damagedLines;
      unsaid.push(...wordsIn(documentOf(flipped)).filter((words) => !said.has(words)));
    }
  }
  expect(unsaid).toEqual([]);
  // Without its first line, and only then, a journal says nothing. The line's end may be missing.
  expect([...refused]).toEqual(Array.from(lines[0]!.subarray(0, -1), (_, offset) => offset));
  expect(damaged).toBeGreaterThan(bytes.length);
});

test("a line that was written twice counts once", async () => {
  const lines = linesOf(await writeJournal());
  const twice = Buffer.concat(lines.flatMap((line) => [line, line]));
  expect(documentOf(twice)).toBe(documentOf(Buffer.concat(lines)));
});

test("a damaged line in the middle is left out and counted, and the rest is there", async () => {
  const lines = linesOf(await writeJournal());
  lines[1]![20]! ^= 1;
  const document = JSON.parse(documentOf(Buffer.concat(lines))) as {
    conversation: { id: string; seq: number }[];
    integrity: object;
  };
  expect(document.conversation.map(({ id, seq }) => [id, seq])).toEqual([
    ["m_2", 2],
    ["m_4", 4],
  ]);
  expect(document.integrity).toMatchObject({ dropped: 0, damaged_lines: 1 });
});

test("a damaged line feed costs no line, wherever it is", async () => {
  const bytes = await writeJournal();
  const whole = JSON.parse(documentOf(bytes)) as { integrity: object };
  for (let offset = 0; offset < bytes.length; offset += 1) {
    if (bytes[offset] !== 0x0a) continue;
    const flipped = Buffer.from(bytes);
    flipped[offset] = 0x0b;
    const document = JSON.parse(documentOf(flipped)) as { integrity: object };
    expect(document.integrity).toEqual({ ...whole.integrity, damaged_lines: 1 });
    expect({ ...document, integrity: {} }).toEqual({ ...whole, integrity: {} });
  }
  const joined = Buffer.from(bytes.toString("latin1").replaceAll("\n", "\u000b"), "latin1");
  expect(JSON.parse(documentOf(joined))).toMatchObject({ integrity: { damaged_lines: 8 } });
  expect(wordsIn(documentOf(joined))).toEqual(wordsIn(documentOf(bytes)));
});

test("a journal of a newer version is not half-read", () => {
  const open = {
    op: "open" as const,
    journal: 2,
    session: sessionStart(),
    owner: { pid: 1, host: "x" },
  };
  expect(replayJournal(encodeLine({ ...open, n: 0, at: 0 }).bytes)).toBe("unsupported");
});

test("a journal that does not begin with its first line is damaged", async () => {
  const [, ...rest] = linesOf(await writeJournal());
  expect(replayJournal(Buffer.concat(rest))).toBe("damaged");
});

test("what is no line is none, even with the right checksum", () => {
  expect(decodeLine(Buffer.from(""))).toBeUndefined();
  expect(decodeLine(Buffer.from("00000000 "))).toBeUndefined();
  expect(decodeLine(encodeLine({ op: "release", n: 1, at: 2 }).bytes.subarray(0, -1))).toEqual({
    op: "release",
    n: 1,
    at: 2,
  });
});

/** A moment of the session, so many seconds after its start. */
function after(seconds: number): string {
  return toTimestamp(Date.parse(sessionStart().started_at) + seconds * 1000, 0);
}

const OLD_WORDS = [
  { text: "One", start_s: 0, end_s: 0.4 },
  { text: "two", start_s: 0.5, end_s: 0.9 },
];
const OLD_USER_MESSAGE = {
  ...userSays(1, "One two"),
  seq: 1,
  started_at: after(4),
  ended_at: after(5),
  words: OLD_WORDS,
};

/** A journal with lines that this version does not write any more. */
function encodeOld(lines: object[], pid = process.pid): Buffer {
  const owner = { ...currentOwner(), pid };
  const all = [{ op: "open", journal: 1, session: sessionStart(), owner }, ...lines];
  return Buffer.concat(all.map((line, n) => encodeLine({ ...line, n, at: n } as Line).bytes));
}

test("a journal of an older version has its word times on the session's clock after the replay", () => {
  const heard = { started_at: after(10), ended_at: after(10.6), played_s: 0.6 };
  const replay = replayJournal(
    encodeOld([
      { op: "add", message: OLD_USER_MESSAGE },
      { op: "add", message: { ...agentSays(2, "One two"), seq: 2, words: OLD_WORDS } },
      { op: "add", message: { ...agentSays(3, "One two"), seq: 3, words: OLD_WORDS } },
      {
        op: "amend",
        id: "m_2",
        amendment: { delivery: "partial", content: "One", generated: "One two", ...heard },
      },
    ]),
  );
  if (typeof replay === "string") throw new Error(`the journal is ${replay}`);
  expect(replay.damagedLines).toBe(0);
  const [user, cut, pending] = ["m_1", "m_2", "m_3"].map((id) => replay.state.messages.find(id));
  expect(user?.words?.map(({ at_s, until_s }) => [at_s, until_s])).toEqual([
    [4, 4.4],
    [4.5, 4.9],
  ]);
  expect(cut?.words).toEqual([
    { text: "One", at_s: 10, until_s: 10.4 },
    { text: "two", at_s: 10.5, until_s: 10.9, heard: false },
  ]);
  expect(pending).not.toHaveProperty("words");
});

test("a call of an older version whose process died is completed, and nobody seems to have edited it", async () => {
  const directory = makeFolder();
  const name = "conversation_20250818_143022";
  writeFileSync(
    join(directory, `${name}.journal`),
    encodeOld([{ op: "add", message: OLD_USER_MESSAGE }], deadPid()),
  );
  const published = {
    format: 1,
    session: { ...sessionStart(), status: "open" },
    conversation: [OLD_USER_MESSAGE],
    unspoken: [],
    events: [],
    metrics: {
      user_messages: 1,
      agent_messages: 0,
      interruptions: 0,
      user_speech_s: 0,
      agent_speech_s: 0,
    },
    integrity: { dropped: 0, damaged_lines: 0, line: 1 },
  };
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(published));
  expect(await recoverConversations(directory)).toMatchObject([{ outcome: "recovered" }]);
  expect(readdirSync(directory)).toEqual([`${name}.json`]);
  const { conversation } = await readConversation(join(directory, `${name}.json`));
  expect(conversation.conversation[0]?.words?.[0]).toEqual({ text: "One", at_s: 4, until_s: 4.4 });
});

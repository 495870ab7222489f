import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measure } from "../../../src/store/document/measure.js";
import { renderDocument } from "../../../src/store/document/render-document.js";
import { openStore } from "../../../src/store/index.js";
import { decodeLine, encodeLine } from "../../../src/store/journal/journal-line.js";
import { replayJournal } from "../../../src/store/journal/replay.js";
import { agentSays, at, sessionStart, userSays } from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";
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
      for (const words of wordsIn(documentOf(flipped))) expect(said).toContain(words);
    }
  }
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

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { currentOwner } from "../../src/platform/owner.js";
import type { Conversation } from "../../src/record/index.js";
import {
  type ConversationStore,
  readConversation,
  recoverConversations,
} from "../../src/store/index.js";
import { encodeLine } from "../../src/store/journal/journal-line.js";
import { agentSays, at, readPublished, sessionStart, userSays } from "./support/conversation.js";
import { makeFolder } from "./support/folder.js";
import { deadPid } from "./support/left-journal.js";
import { NAME, makeStore } from "./support/make-store.js";

/** What a caller without types can hand over. */
function anything(value: unknown): never {
  return value as never;
}

interface Case {
  call: (store: ConversationStore) => void;
  told: RegExp;
  /** What the record has of it all the same. */
  kept?: (record: Conversation) => unknown;
}

const said = ({ conversation }: Conversation): unknown => conversation.at(-1);

const CASES: Record<string, Case> = {
  "a message without content": {
    call: (store) => store.add("s1", anything({ ...userSays(2, ""), content: null })),
    told: /^Cannot record message "m_2": "content" is not what /,
  },
  "a message of nobody": {
    call: (store) => store.add("s1", anything({ ...userSays(2, "x"), role: "ghost" })),
    told: /^Cannot record message "m_2": "role" is not what /,
  },
  "a message with numbers for texts": {
    call: (store) => store.add("s1", anything({ ...userSays(2, "x"), id: 2, turn_id: 1 })),
    told: /^Cannot record message "2": "id" and "turn_id" are not what /,
  },
  "an agent's message without its delivery": {
    call: (store) => store.add("s1", anything({ ...userSays(2, "x"), role: "agent" })),
    told: /^Cannot record message "m_2": "delivery" is not what /,
  },
  "no message at all": {
    call: (store) => store.add("s1", anything(null)),
    told: /^Cannot record a message: it is no object/,
  },
  "a message with a figure that is none": {
    call: (store) => store.add("s1", anything({ ...userSays(2, "kept"), confidence: NaN })),
    told: /^Cannot record all of message "m_2": "confidence" is not what .*; the rest is recorded/,
    kept: said,
  },
  "a message with words and a latency of another kind": {
    call: (store) =>
      store.add(
        "s1",
        anything({ ...agentSays(2, "kept"), words: [{ text: 1 }], latency: { marks: null } }),
      ),
    told: /^Cannot record all of message "m_2": "words" and "latency" are not what /,
    kept: said,
  },
  "an amendment with a content that is none": {
    call: (store) => store.amend("s1", "m_1", anything({ content: null, taken_as: "kept" })),
    told: /^Cannot record all of an amendment of "m_1": "content" is not what /,
    kept: said,
  },
  "a retraction for a reason that nobody knows": {
    call: (store) => store.retract("s1", "m_1", anything("boredom")),
    told: /^Cannot record the retraction of "m_1": "reason" is not what /,
  },
  "an event without data": {
    call: (store) => store.addEvent("s1", anything({ type: "x", timestamp: at(1) })),
    told: /^Cannot record event "x": "data" is not what /,
  },
  "participants that are no list": {
    call: (store) => store.amendSession("s1", anything({ participants: "Ada", room: "kept" })),
    told: /^Cannot record all of what became known of the session: "participants" is not what /,
    kept: ({ session }) => session.room,
  },
};

for (const [what, { call, told, kept }] of Object.entries(CASES)) {
  test(`${what} is refused, told and counted, and the conversation goes on`, async () => {
    const { store, problems } = makeStore();
    store.open(sessionStart());
    store.add("s1", userSays(1, "hello"));
    call(store);
    call(store);
    store.add("s1", userSays(9, "goodbye", { timestamp: at(0) }));
    await store.flush();
    const path = store.pathOf("s1")!;
    const { conversation: before } = await readConversation(path);
    expect(problems.filter((line) => told.test(line))).toHaveLength(1);
    expect(before.integrity.dropped).toBeGreaterThanOrEqual(2);
    expect(store.lost).toBe(before.integrity.dropped);
    expect(before.conversation.map(({ content }) => content)).toContain("goodbye");
    expect(JSON.stringify(kept?.(before) ?? "kept")).toContain("kept");
    await store.shutdown();
    const reports = await recoverConversations(store.directory);
    expect(reports).toMatchObject([{ outcome: "recovered", damagedLines: 0 }]);
    expect(readPublished(path).conversation).toEqual(before.conversation);
    expect(readPublished(path).integrity.dropped).toBe(before.integrity.dropped);
  });
}

test("what is undefined is not there, and nothing is told of it", async () => {
  const { store, problems } = makeStore();
  const latency = { origin: "speech_end", marks: { tts_start: 0.5, llm_start: undefined } };
  store.open(anything({ ...sessionStart(), room: undefined }));
  store.add("s1", anything({ ...agentSays(1, "hello"), voice: undefined, latency }));
  store.close("s1", anything({ ended_at: at(2), close_reason: undefined }));
  await store.shutdown();
  const { conversation, integrity } = readPublished(store.pathOf("s1")!);
  expect(conversation[0]).toMatchObject({ latency: { marks: { tts_start: 0.5 } } });
  expect(integrity.dropped).toBe(0);
  expect(problems).toEqual([]);
});

test("a session is recorded with what can be read of it", async () => {
  const { store, problems } = makeStore();
  store.open(anything({ id: "s1", started_at: "2025-08-18T09:00:22Z", room: null }));
  store.add("s1", userSays(1, "hello", { timestamp: "2025-08-18T09:00:23.5+01:00" }));
  store.open(anything({ started_at: at(0) }));
  store.open(anything(undefined));
  store.close("s1", anything(undefined));
  await store.shutdown();
  const [fileName = ""] = readdirSync(store.directory);
  const { session, conversation, integrity } = readPublished(join(store.directory, fileName));
  expect(session).toMatchObject({
    id: "s1",
    status: "complete",
    started_at: "2025-08-18T09:00:22.000000+00:00",
    software: {},
  });
  expect(session).not.toHaveProperty("room");
  expect(conversation[0]?.timestamp).toBe("2025-08-18T09:00:23.500000+01:00");
  expect(integrity.dropped).toBe(1);
  expect(store.strayCalls).toBe(2);
  expect(problems[0]).toMatch(/^Cannot record all of the session: "room" is not what /);
  expect(problems).toContain("Cannot open a session: it has no id that is a string");
});

test("a journal in which a line says what no document can carry is recovered without it", async () => {
  const directory = makeFolder();
  const { software: _software, ...session } = sessionStart();
  const bad = [{ content: null }, { source: 7 }].map((each) => ({ ...userSays(5, "x"), ...each }));
  const lines = [
    { op: "open", journal: 1, session, owner: { ...currentOwner(), pid: deadPid() } },
    { op: "add", message: { ...userSays(1, "hello"), seq: 1 } },
    ...bad.map((message) => ({ op: "add", message: { ...message, seq: 2 } })),
    { op: "add", message: null },
    { op: "amend", id: "m_1", amendment: { content: null } },
    { op: "session", amendment: { participants: {} } },
    { op: "add", message: { ...userSays(3, "and on"), seq: 3 } },
  ];
  const bytes = lines.map((line, n) => encodeLine(anything({ ...line, n, at: 0 })).bytes);
  writeFileSync(join(directory, `${NAME}.journal`), Buffer.concat(bytes));
  const path = join(directory, `${NAME}.json`);
  const { conversation: read } = await readConversation(path);
  expect(read.conversation.map(({ content }) => content)).toEqual(["hello", "and on"]);
  const problems: string[] = [];
  const onProblem = (line: string): void => void problems.push(line);
  expect(await recoverConversations(directory, { onProblem })).toMatchObject([
    { outcome: "recovered", messages: 2, damagedLines: 5 },
  ]);
  expect(problems).toEqual([
    `5 damaged lines in "${NAME}.journal" were left out of its recovery; the journal is kept as "${NAME}.journal.damaged"`,
  ]);
  expect(readPublished(path).conversation).toEqual(read.conversation);
  expect(readPublished(path).integrity.damaged_lines).toBe(5);
});

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import {
  agentSays,
  at,
  idsOf,
  readPublished,
  sessionStart,
  userSays,
} from "../support/conversation.js";
import { makeFolder } from "../support/folder.js";

import { makeStore, NAME } from "../support/make-store.js";

test("the file is there, with an empty list, as soon as the session is open", async () => {
  const { store, fileNames } = makeStore();
  store.open(sessionStart());
  expect(store.pathOf("s1")).toBe(join(store.directory, `${NAME}.json`));
  const conversation = readPublished(store.pathOf("s1")!);
  expect(conversation.conversation).toEqual([]);
  expect(conversation.session).toEqual({ ...sessionStart(), status: "open" });
  expect(fileNames()).toEqual([`${NAME}.journal`, `${NAME}.json`]);
  await store.shutdown();
});

test("a whole conversation is published, and its journal goes", async () => {
  const { store, problems, fileNames } = makeStore();
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.add("s1", agentSays(2, "good morning to you"));
  store.add("s1", agentSays(3, "thought better of"));
  store.amend("s1", "m_2", {
    delivery: "partial",
    content: "good",
    generated: "good morning to you",
    interrupted_by: "m_1",
  });
  store.retract("s1", "m_3", "failed", "no voice");
  store.addEvent("s1", { type: "tool_call", timestamp: at(2), data: { name: "weather" } });
  store.close("s1", { ended_at: at(9), close_reason: "user_initiated" });
  await store.flush();

  expect(fileNames()).toEqual([`${NAME}.json`]);
  const conversation = readPublished(join(store.directory, `${NAME}.json`));
  expect(conversation.conversation).toEqual([
    { ...userSays(1, "hello"), seq: 1 },
    {
      ...agentSays(2, "good"),
      seq: 2,
      delivery: "partial",
      generated: "good morning to you",
      interrupted_by: "m_1",
    },
  ]);
  const { delivery: _delivery, ...generation } = agentSays(3, "thought better of") as {
    delivery: string;
  };
  expect(conversation.unspoken).toEqual([
    { ...generation, seq: 3, reason: "failed", error: "no voice" },
  ]);
  expect(conversation.events).toEqual([
    { type: "tool_call", timestamp: at(2), data: { name: "weather" } },
  ]);
  expect(conversation.session).toMatchObject({
    status: "complete",
    ended_at: at(9),
    close_reason: "user_initiated",
  });
  expect(conversation.metrics).toMatchObject({
    user_messages: 1,
    agent_messages: 1,
    interruptions: 1,
  });
  expect(conversation.integrity).toEqual({ dropped: 0, damaged_lines: 0 });
  expect(problems).toEqual([]);
  expect(store.openSessions).toBe(0);
  await store.shutdown();
});

test("the document begins with its session, and the old four keys of a message come first", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  store.add("s1", { words: [{ text: "नमस्ते", at_s: 0, until_s: 1 }], ...userSays(1, "नमस्ते 🙏") });
  store.addEvent("s1", { type: "note", timestamp: at(1), data: {} });
  await store.flush();
  const text = readFileSync(store.pathOf("s1")!, "utf8");
  expect(text).toMatch(/^\{\n {2}"format": 2,\n {2}"session": \{\n {4}"id": "s1",\n/);
  expect(text.endsWith("\n  }\n}\n")).toBe(true);
  expect(text).toContain('\n        { "text": "नमस्ते", "at_s": 0, "until_s": 1 }\n');
  expect(text).toContain("नमस्ते 🙏");
  const document = JSON.parse(text) as { conversation: object[] };
  expect(Object.keys(document)).toEqual([
    "format",
    "session",
    "conversation",
    "unspoken",
    "events",
    "metrics",
    "integrity",
  ]);
  expect(Object.keys(document.conversation[0]!)).toEqual([
    "role",
    "content",
    "timestamp",
    "source",
    "id",
    "seq",
    "turn_id",
    "words",
  ]);
  await store.shutdown();
});

test("messages stand in the order of their instants, whatever their offsets and their arrival", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  store.add("s1", userSays(1, "third", { timestamp: "2025-08-18T14:30:22.000002+05:30" }));
  store.add("s1", userSays(2, "first", { timestamp: "2025-08-18T11:00:22.000000+02:00" }));
  store.add("s1", userSays(3, "fourth", { timestamp: "2025-08-18T09:00:22.000002+00:00" }));
  store.add("s1", userSays(4, "second", { timestamp: "2025-08-18T09:00:22.000001+00:00" }));
  await store.flush();
  const { conversation } = readPublished(store.pathOf("s1")!);
  expect(conversation.map(({ content, seq }) => `${content} ${seq}`)).toEqual([
    "first 2",
    "second 4",
    "third 1",
    "fourth 3",
  ]);
  await store.shutdown();
});

test("a thousand messages that arrive in a shuffled order, some retracted, are in order", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  // 7 has no common factor with 1000, so this visits every number once.
  const shuffled = Array.from({ length: 1000 }, (_, i) => (i * 7) % 1000);
  for (const n of shuffled) store.add("s1", agentSays(n, `number ${n}`));
  await store.flush();
  for (const n of shuffled) if (n % 3 === 0) store.retract("s1", `m_${n}`, "discarded");
  for (const n of shuffled) if (n % 3 === 1) store.amend("s1", `m_${n}`, { delivery: "full" });
  await store.flush();
  const { conversation, unspoken } = readPublished(store.pathOf("s1")!);
  const numbers = Array.from({ length: 1000 }, (_, n) => n);
  expect(conversation.map(({ id }) => id)).toEqual(
    numbers.filter((n) => n % 3 !== 0).map((n) => `m_${n}`),
  );
  expect(unspoken.map(({ id }) => id)).toEqual(
    numbers.filter((n) => n % 3 === 0).map((n) => `m_${n}`),
  );
  for (const message of conversation) {
    const n = Number(message.id.slice(2));
    expect(message).toMatchObject({
      content: `number ${n}`,
      delivery: n % 3 === 1 ? "full" : "pending",
    });
  }
  await store.shutdown();
});

test("a name that is taken, by a file or by a journal, gets a suffix", async () => {
  const { store } = makeStore({ directory: makeFolder(), textLog: true });
  writeFileSync(join(store.directory, `${NAME}.json`), "{}");
  writeFileSync(join(store.directory, `${NAME}_2.journal`), "");
  writeFileSync(join(store.directory, `${NAME}_3.txt`), "");
  store.open(sessionStart());
  store.open(sessionStart("s2"));
  expect(basename(store.pathOf("s1")!)).toBe(`${NAME}_4.json`);
  expect(basename(store.pathOf("s2")!)).toBe(`${NAME}_5.json`);
  await store.shutdown();
  expect(readFileSync(join(store.directory, `${NAME}.json`), "utf8")).toBe("{}");
});

test("two hundred sessions in one process keep apart", async () => {
  const { store, problems, fileNames } = makeStore();
  const ids = Array.from({ length: 200 }, (_, i) => `s${i}`);
  for (const id of ids) store.open(sessionStart(id));
  for (let n = 1; n <= 5; n += 1) {
    for (const id of ids) store.add(id, userSays(n, `${id} says ${n}`));
  }
  for (const id of ids) store.close(id, { ended_at: at(9) });
  await store.shutdown();
  expect(fileNames()).toHaveLength(200);
  expect(new Set(ids.map((id) => store.pathOf(id))).size).toBe(200);
  for (const id of ids) {
    const { conversation, session } = readPublished(store.pathOf(id)!);
    expect(session).toMatchObject({ id, status: "complete" });
    expect(conversation.map(({ content }) => content)).toEqual(
      [1, 2, 3, 4, 5].map((n) => `${id} says ${n}`),
    );
  }
  expect(problems).toEqual([]);
});

test("a closed file never changes, and calls that come too late are counted and reported once", async () => {
  const { store, problems } = makeStore();
  store.open(sessionStart());
  store.close("s1", { ended_at: at(9) });
  store.add("s1", userSays(1, "too late, though not published yet"));
  await store.flush();
  const path = store.pathOf("s1")!;
  const closed = readFileSync(path, "utf8");
  store.add("s1", userSays(1, "too late"));
  store.add("s1", userSays(2, "too late again"));
  store.amend("s1", "m_1", { content: "x" });
  store.close("s1", { ended_at: at(10) });
  store.addEvent("never opened", { type: "x", timestamp: at(1), data: {} });
  await store.shutdown();
  expect(readFileSync(path, "utf8")).toBe(closed);
  expect(readPublished(path).conversation).toEqual([]);
  expect(store.strayCalls).toBe(6);
  expect(problems).toEqual([
    'Cannot add a message in session "s1": it is not open; the call is ignored',
    'Cannot amend a message in session "s1": it is not open; the call is ignored',
    'Cannot close in session "s1": it is not open; the call is ignored',
    'Cannot add an event in session "never opened": it is not open; the call is ignored',
  ]);
});

test("opening a session twice is counted, and opening it again after its end begins a new file", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  store.open(sessionStart());
  expect(store.strayCalls).toBe(1);
  store.close("s1", { ended_at: at(1) });
  store.open(sessionStart());
  store.add("s1", userSays(1, "again"));
  store.close("s1", { ended_at: at(2) });
  await store.shutdown();
  expect(idsOf(readPublished(join(store.directory, `${NAME}.json`)))).toEqual([]);
  expect(idsOf(readPublished(join(store.directory, `${NAME}_2.json`)))).toEqual(["m_1"]);
});

test("what cannot be applied is counted in the conversation, and each kind reported once", async () => {
  const { store, problems } = makeStore();
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  store.add("s1", userSays(1, "the same id"));
  store.amend("s1", "m_7", { content: "of nothing" });
  store.amend("s1", "m_8", { content: "of nothing" });
  store.retract("s1", "m_1", "discarded");
  const endless: Record<string, never> = {};
  Object.assign(endless, { endless });
  store.addEvent("s1", { type: "x", timestamp: at(1), data: endless });
  store.close("s1", { ended_at: at(2) });
  await store.shutdown();
  const { integrity, conversation } = readPublished(store.pathOf("s1")!);
  expect(integrity.dropped).toBe(5);
  expect(conversation).toHaveLength(1);
  expect(conversation[0]?.content).toBe("hello");
  expect(problems).toHaveLength(4);
});

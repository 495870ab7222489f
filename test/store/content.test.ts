import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { CUT_MARK, readConversation, recoverConversations } from "../../src/store/index.js";

import {
  agentSays,
  at,
  idsOf,
  readPublished,
  sessionStart,
  userSays,
} from "./support/conversation.js";

import { makeStore, NAME } from "./support/make-store.js";

test("content is read back as it was written, whatever it is made of", async () => {
  const { store } = makeStore();
  const contents = [
    "\u2028\u2029",
    "a\0b",
    "\ud800 alone \udc00",
    "__proto__",
    '"\\\n\t',
    "",
    "🙏".repeat(999),
  ];
  const data = JSON.parse('{"constructor":1,"toString":null,"a\\u0000b":[{}],"\\ud800":"x"}') as {
    [key: string]: null;
  };
  store.open(sessionStart());
  contents.forEach((content, i) => store.add("s1", userSays(i, content)));
  store.addEvent("s1", { type: "__proto__", timestamp: at(1), data });
  store.addEvent("s1", {
    type: "x",
    timestamp: at(2),
    data: JSON.parse('{"__proto__":{"polluted":true}}') as { [key: string]: null },
  });
  store.close("s1", { ended_at: at(2) });
  await store.shutdown();
  const { conversation, events } = readPublished(store.pathOf("s1")!);
  expect(conversation.map(({ content }) => content)).toEqual(contents);
  expect(events[0]).toEqual({ type: "__proto__", timestamp: at(1), data });
  expect(readFileSync(store.pathOf("s1")!, "utf8")).toContain('"__proto__": {');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("an operation that the caller changes after the call is recorded as it was", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  const message = userSays(1, "as it was");
  store.add("s1", message);
  message.content = "changed afterwards";
  await store.flush();
  expect(readPublished(store.pathOf("s1")!).conversation[0]?.content).toBe("as it was");
  await store.shutdown();
});

test("a clock that goes backwards, and a timestamp that is none, lose nothing", async () => {
  let nowMs = Date.parse("2025-08-18T09:00:30Z");
  const { store } = makeStore({ clock: () => new Date((nowMs -= 60_000)) });
  store.open(sessionStart());
  store.add("s1", userSays(5, "later"));
  store.add("s1", userSays(4, "earlier"));
  store.add("s1", userSays(6, "no time", { timestamp: "yesterday" }));
  store.close("s1", { ended_at: at(-60) });
  await store.shutdown();
  expect(idsOf(readPublished(store.pathOf("s1")!))).toEqual(["m_6", "m_4", "m_5"]);
});

test("the text log has one line for each message", async () => {
  const { store } = makeStore({ textLog: true });
  store.open(sessionStart());
  store.add("s1", userSays(1, "two\nlines\r\nor three\u2028four"));
  store.add("s1", agentSays(2, "one"));
  await store.shutdown();
  const path = join(store.directory, `${NAME}.txt`);
  expect(readFileSync(path, "utf8")).toBe("user: two lines or three four\nagent: one\n");
});

test("a store without the option `textLog` writes no text log", async () => {
  const { store } = makeStore();
  store.open(sessionStart());
  store.add("s1", userSays(1, "hello"));
  await store.shutdown();
  expect(existsSync(join(store.directory, `${NAME}.txt`))).toBe(false);
});

test("a text longer than the limit is cut, marked and counted", async () => {
  const { store, problems } = makeStore({ limits: { maxContentChars: 30 } });
  store.open(sessionStart());
  store.add("s1", userSays(1, `${"x".repeat(10)}🙏 and so on and so on`));
  store.add("s1", userSays(2, "y".repeat(30)));
  store.add("s1", agentSays(3, "short"));
  store.amend("s1", "m_3", { content: "z".repeat(31), generated: "z".repeat(31) });
  await store.flush();
  const { conversation, integrity } = readPublished(store.pathOf("s1")!);
  expect(conversation.map(({ content }) => content)).toEqual([
    `${"x".repeat(10)} [cut by TalkTrace]`,
    "y".repeat(30),
    `${"z".repeat(11)} [cut by TalkTrace]`,
  ]);
  expect(integrity.dropped).toBe(3);
  expect(problems).toHaveLength(1);
  await store.shutdown();
});

test("content of ten megabytes is cut, or kept whole where the limits allow it, and others are not touched", async () => {
  const content = "नमस्ते 🙏 ".repeat(450_000);
  expect(Buffer.byteLength(content)).toBeGreaterThan(10_000_000);
  const whole = { maxContentChars: Infinity, maxLineBytes: Infinity };
  for (const limits of [{}, whole]) {
    const { store } = makeStore({ limits, onProblem: () => undefined });
    store.open(sessionStart());
    store.open(sessionStart("s2"));
    store.add("s1", userSays(1, content));
    store.add("s1", userSays(2, "after it"));
    store.add("s2", userSays(1, "hello"));
    await store.flush();
    const path = store.pathOf("s1")!;
    const { conversation, integrity } = readPublished(path);
    const [first, second] = conversation.map((message) => message.content);
    expect([integrity.dropped, first === content]).toEqual(
      limits === whole ? [0, true] : [1, false],
    );
    expect(content.startsWith(first!.replace(CUT_MARK, ""))).toBe(true);
    expect(second).toBe("after it");
    expect(readPublished(store.pathOf("s2")!).integrity.dropped).toBe(0);
    // And from the journal alone.
    await store.shutdown();
    rmSync(path);
    const journaled = (await readConversation(path)).conversation;
    expect(journaled.conversation.map((message) => message.content)).toEqual([first, second]);
  }
});

test("whatever content is made of survives a journal that had to be written anew, and a recovery", async () => {
  const { store } = makeStore({ onProblem: () => undefined });
  const contents = [
    "\u2028\u2029",
    "a\0b",
    "\ud800 alone \udc00",
    "__proto__",
    '"\\\n\t\r',
    "",
    "\u{10ffff}",
  ];
  store.open(sessionStart());
  contents.forEach((content, i) => store.add("s1", agentSays(i, content)));
  store.retract("s1", "m_6", "failed", "\0\ud800");
  store.addEvent("s1", {
    type: "__proto__",
    timestamp: at(1),
    data: JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"\\ud800":"\\u0000"}') as {
      [key: string]: null;
    },
  });
  rmSync(join(store.directory, `${NAME}.journal`));
  await store.flush();
  await store.shutdown();
  const path = join(store.directory, `${NAME}.json`);
  const before = readPublished(path);
  rmSync(path);
  await recoverConversations(store.directory);
  const after = readPublished(path);
  expect(after.conversation.map(({ content }) => content)).toEqual(contents.slice(0, 6));
  expect([after.conversation, after.unspoken, after.events]).toEqual([
    before.conversation,
    before.unspoken,
    before.events,
  ]);
  expect(readFileSync(path, "utf8")).toContain('"__proto__": {');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("an event bigger than a line may be is given up and counted", async () => {
  const { store, problems } = makeStore({ limits: { maxLineBytes: 500 } });
  store.open(sessionStart());
  store.addEvent("s1", { type: "x", timestamp: at(1), data: { output: "x".repeat(500) } });
  store.add("s1", userSays(1, "hello"));
  store.close("s1", { ended_at: at(2) });
  await store.shutdown();
  const { events, integrity, conversation } = readPublished(store.pathOf("s1")!);
  expect({ events, integrity }).toEqual({
    events: [],
    integrity: { dropped: 1, damaged_lines: 0 },
  });
  expect(conversation).toHaveLength(1);
  expect(problems[0]).toMatch(/^Cannot record event "x": it has \d+ bytes, the limit is 500/);
});

test("a listener for problems that throws disturbs nothing", async () => {
  const { store } = makeStore({
    onProblem() {
      throw new Error("the listener failed");
    },
  });
  store.open(sessionStart());
  store.amend("s1", "m_7", { content: "of nothing" });
  store.add("nowhere", userSays(1, "x"));
  store.add("s1", userSays(1, "hello"));
  await store.shutdown();
  expect(idsOf(readPublished(store.pathOf("s1")!))).toEqual(["m_1"]);
});

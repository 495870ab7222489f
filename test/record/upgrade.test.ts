import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CONVERSATION_FORMAT, type Word, parseConversation } from "../../src/record/index.js";
import { readFixture } from "./fixtures.js";

test("every format up to the current one has a fixture that can be read", () => {
  const fixtures = readdirSync(path.join(import.meta.dirname, "fixtures"));
  for (let format = 0; format <= CONVERSATION_FORMAT; format += 1) {
    const ofFormat = fixtures.filter((name) => new RegExp(`^format-${format}[-.]`).test(name));
    expect(ofFormat, `fixtures of format ${format}`).not.toEqual([]);
    for (const name of ofFormat) {
      expect(parseConversation(readFixture(name), name).format).toBe(CONVERSATION_FORMAT);
    }
  }
});

describe("format 0 as a bare list", () => {
  const name = "conversations/conversation_20250818_143020.json";
  const upgraded = parseConversation(readFixture("format-0-list.json"), name);

  test("keeps what its messages say and gives them ids and turns", () => {
    const old: unknown = JSON.parse(readFixture("format-0-list.json"));
    expect(upgraded.conversation).toMatchObject(old as object[]);
    expect(upgraded.conversation.map(({ id, seq, turn_id }) => [id, seq, turn_id])).toEqual([
      ["m_1", 1, "t_1"],
      ["m_2", 2, "t_2"],
      ["m_3", 3, "t_2"],
      ["m_4", 4, "t_2"],
    ]);
  });

  test("says of no reply that it was heard", () => {
    const deliveries = upgraded.conversation.map((message) =>
      message.role === "agent" ? message.delivery : "no delivery",
    );
    expect(deliveries).toEqual(["pending", "no delivery", "no delivery", "pending"]);
  });

  test("fills in the rest", () => {
    expect({ ...upgraded, conversation: [] }).toEqual({
      format: 2,
      conversation: [],
      unspoken: [],
      events: [],
      session: {
        id: "conversation_20250818_143020",
        status: "complete",
        started_at: "2025-08-18T14:30:20.500000+05:30",
        software: {},
      },
      metrics: {
        user_messages: 2,
        agent_messages: 2,
        interruptions: 0,
        user_speech_s: 0,
        agent_speech_s: 0,
        turns: 2,
      },
      integrity: { dropped: 0, damaged_lines: 0 },
    });
  });
});

describe("format 0 as an object", () => {
  const upgraded = parseConversation(readFixture("format-0-object.json"), "old.json");

  test("is put in the order of time, and its timestamps are written as later formats do", () => {
    expect(upgraded.conversation.map(({ id, timestamp }) => [id, timestamp])).toEqual([
      ["m_3", "2025-08-18T14:30:20.500000+05:30"],
      ["m_1", "2025-08-18T14:30:22.123456+05:30"],
      ["m_2", "2025-08-18T09:00:24.250000+00:00"],
    ]);
  });

  test("keeps keys that it does not know", () => {
    expect(upgraded).toHaveProperty("customer", "c-17");
  });

  test("may say that its format is 0", () => {
    const explicit = { format: 0, ...(JSON.parse(readFixture("format-0-object.json")) as object) };
    expect(parseConversation(JSON.stringify(explicit), "old.json")).toEqual(upgraded);
  });
});

describe("format 0", () => {
  const entry = { role: "user", content: "hi", timestamp: "2025-08-18T14:30:22", source: "a_stt" };

  test("without an offset is taken to be in this machine's time", () => {
    const [message] = parseConversation(JSON.stringify([entry]), "old.json").conversation;
    expect(message?.timestamp).toMatch(/^2025-08-18T14:30:22\.000000[+-]\d{2}:\d{2}$/);
    expect(Date.parse(message?.timestamp ?? "")).toBe(Date.parse(entry.timestamp));
  });

  test("without messages began when its name says", () => {
    const { session } = parseConversation("[]", "conversation_20250818_143022.json");
    expect(session.started_at).toMatch(/^2025-08-18T14:30:22\.000000/);
  });

  test("without messages and without a time in its name began at no time that could be meant", () => {
    expect(parseConversation("[]", "old.json").session.started_at).toBe(
      "1970-01-01T00:00:00.000000+00:00",
    );
  });

  test.each([
    ["an entry that is no object", ["hello"], "/0"],
    ["a time that is none", [{ ...entry, timestamp: "yesterday" }], "/0/timestamp"],
    [
      "a missing time",
      { conversation: [{ role: "user", content: "" }] },
      "/conversation/0/timestamp",
    ],
    ["a conversation that is no list", { conversation: "hello" }, "/conversation"],
    ["a message without content", [{ ...entry, content: undefined }], "/conversation/0/content"],
  ])("is refused with %s", (_what, document, at) => {
    expect(() => parseConversation(JSON.stringify(document), "old.json")).toThrow(
      expect.objectContaining({ code: "NOT_A_CONVERSATION", path: at }),
    );
  });

  test("may carry a key that a later format gives another meaning only if it fits that meaning", () => {
    const misfit = [{ ...entry, role: "agent", latency: "slow" }];
    expect(() => parseConversation(JSON.stringify(misfit), "old.json")).toThrow(
      expect.objectContaining({ code: "NOT_A_CONVERSATION", path: "/conversation/0/latency" }),
    );
  });
});

describe("format 1", () => {
  const name = "format-1.json";
  const old = JSON.parse(readFixture(name)) as {
    conversation: { [key: string]: unknown }[];
  };
  const START = "2025-08-18T14:30:20.000000+05:30";

  /** The words of the fixture's message `index`, which is changed before. */
  function wordsOf(index: number, changes: object = {}): Word[] | undefined {
    const conversation = old.conversation.map((message, at) =>
      at === index ? { ...message, ...changes } : message,
    );
    const text = JSON.stringify({ ...old, conversation });
    return parseConversation(text, name).conversation[index]?.words;
  }

  test("keeps everything except when words were said", () => {
    const upgraded = parseConversation(readFixture(name), name);
    expect({ ...upgraded, conversation: upgraded.conversation.map(wordless) }).toEqual({
      ...old,
      format: 2,
      conversation: old.conversation.map(wordless),
    });
  });

  test("has a user's words from the start of the speech on, whatever the STT's stream counted", () => {
    expect(old).toMatchObject({ session: { started_at: START } });
    expect(wordsOf(1)?.map(({ at_s, until_s }) => [at_s, until_s])).toEqual([
      [4.2, 4.5],
      [4.55, 4.8],
      [4.82, 4.95],
      [5, 5.6],
      [5.62, 5.9],
    ]);
    const later = { started_at: "2025-08-18T14:31:20.000000+05:30", ended_at: undefined };
    expect(wordsOf(1, later)?.[0]).toEqual({ text: "मुझे", at_s: 60, until_s: 60.3 });
    expect(wordsOf(1, { started_at: undefined })).toBeUndefined();
  });

  test("has an agent's words from the start of the playback on, and marks those that were cut off", () => {
    const words = wordsOf(2);
    expect(words?.slice(2, 6)).toEqual([
      { text: "दस", at_s: 7.75, until_s: 7.95 },
      { text: "बजे", at_s: 8, until_s: 8.25 },
      { text: "और", at_s: 8.4, until_s: 8.55, heard: false },
      { text: "शाम", at_s: 8.6, until_s: 8.9, heard: false },
    ]);
    expect(words?.filter(({ heard }) => heard !== false)).toHaveLength(4);
  });

  test.each([
    ["is still played", { delivery: "pending", started_at: undefined, ended_at: undefined }],
    ["had a pause nobody knows the place of", { played_s: 0.4 }],
    ["was never played", { delivery: "none", content: "", started_at: undefined }],
  ])("has no words of a reply that %s", (_what, changes) => {
    expect(wordsOf(2, changes)).toBeUndefined();
  });

  test("has no words of what was never spoken", () => {
    const words = [{ text: "One", start_s: 0, end_s: 0.3 }];
    const [unspoken] = (JSON.parse(readFixture(name)) as { unspoken: object[] }).unspoken;
    const text = JSON.stringify({ ...old, unspoken: [{ ...unspoken, words }] });
    expect(parseConversation(text, name).unspoken[0]).not.toHaveProperty("words");
  });

  test("is refused with words that have no times", () => {
    expect(() => wordsOf(1, { words: [{ text: "One" }] })).toThrow(/conversation\/1\/words\/0/);
  });

  function wordless({ words: _words, ...rest }: { words?: unknown }): object {
    return rest;
  }
});

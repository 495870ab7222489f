import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CONVERSATION_FORMAT, parseConversation } from "../../src/record/index.js";
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
      format: 1,
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

  test("is put in the order of time, and its timestamps are written as format 1 does", () => {
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

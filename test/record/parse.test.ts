import { describe, expect, test } from "vitest";
import { DEPTH_MARK, parseConversation, RecordError, summarize } from "../../src/record/index.js";
import type { RecordErrorCode } from "../../src/record/index.js";
import { readFixture } from "./fixtures.js";

/** What reading a text fails with; a text that can be read fails the test. */
function refusal(text: string, name = "x.json"): RecordError {
  try {
    parseConversation(text, name);
  } catch (error) {
    if (error instanceof RecordError) return error;
    throw error;
  }
  throw new Error("The text was read, expected a refusal");
}

const smallest = {
  format: 2,
  conversation: [] as unknown[],
  unspoken: [] as unknown[],
  events: [] as unknown[],
  session: {
    id: "s",
    status: "open",
    started_at: "2025-08-18T14:30:22.123456+05:30",
    software: {},
  },
  metrics: {
    user_messages: 0,
    agent_messages: 0,
    interruptions: 0,
    user_speech_s: 0,
    agent_speech_s: 0,
  },
  integrity: { dropped: 0, damaged_lines: 0 },
};
const said = {
  role: "user",
  content: "hello",
  timestamp: "2025-08-18T14:30:22.123456+05:30",
  source: "deepgram_stt",
  id: "m_1",
  seq: 1,
  turn_id: "t_1",
};

describe("`parseConversation()` on format 2", () => {
  test("gives every value of the file, and nothing else", () => {
    const text = readFixture("format-2.json");
    const conversation = parseConversation(text, "format-2.json");
    expect(conversation).toEqual(JSON.parse(text));
    expect(conversation.conversation[2]).toMatchObject({
      delivery: "partial",
      content: "कल सुबह दस बजे",
      generated: "कल सुबह दस बजे और शाम पाँच बजे जगह है।",
    });
  });

  test("keeps keys that it does not know, at the top and in a message", () => {
    const conversation = parseConversation(readFixture("format-2.json"), "format-2.json");
    expect(conversation).toHaveProperty("weather.note", "a key that format 2 does not know");
    expect(conversation.conversation[7]).toHaveProperty("mood", "cheerful");
  });

  test("finds in the fixture metrics that `summarize()` computes, beside those added since", () => {
    const conversation = parseConversation(readFixture("format-2.json"), "format-2.json");
    expect(summarize(conversation)).toMatchObject(conversation.metrics);
  });

  test("reads a conversation in which nothing has been said yet", () => {
    expect(parseConversation(JSON.stringify(smallest), "x.json")).toEqual(smallest);
  });

  test("reads over a byte order mark", () => {
    expect(parseConversation(`\uFEFF${JSON.stringify(smallest)}`, "x.json")).toEqual(smallest);
  });
});

describe("`parseConversation()` refuses", () => {
  test.each<[string, string, RecordErrorCode, string | undefined, string]>([
    [
      "a file from the future",
      readFixture("format-999-from-the-future.json"),
      "FORMAT_FROM_FUTURE",
      "/format",
      'Cannot read conversation "x.json": it has format 999, this version of TalkTrace reads up to 2; update TalkTrace',
    ],
    [
      "a format that is no number",
      readFixture("broken-format-word.json"),
      "FORMAT_UNKNOWN",
      "/format",
      'Cannot read conversation "x.json": its format is "one", expected a whole number from 0 to 2',
    ],
    [
      "a format between two formats",
      '{ "format": 0.5, "conversation": [] }',
      "FORMAT_UNKNOWN",
      "/format",
      'Cannot read conversation "x.json": its format is 0.5, expected a whole number from 0 to 2',
    ],
    [
      "a file that was cut short",
      readFixture("broken-cut-short.json"),
      "NOT_JSON",
      "",
      `Cannot read conversation "x.json": not valid JSON, cut short at byte ${Buffer.byteLength(readFixture("broken-cut-short.json"))}`,
    ],
    [
      "a comma too many",
      readFixture("broken-comma.json"),
      "NOT_JSON",
      "",
      'Cannot read conversation "x.json": not valid JSON at byte 38',
    ],
    ["an empty file", "", "NOT_JSON", "", 'Cannot read conversation "x.json": the file is empty'],
    [
      "a file of blanks",
      " \n",
      "NOT_JSON",
      "",
      'Cannot read conversation "x.json": the file is empty',
    ],
    [
      "other JSON",
      readFixture("broken-other-json.json"),
      "NOT_A_CONVERSATION",
      "",
      'Cannot read conversation "x.json": it has neither a "format" nor a "conversation"',
    ],
    [
      "a bare null",
      "null",
      "NOT_A_CONVERSATION",
      "",
      'Cannot read conversation "x.json": expected a JSON object, found null',
    ],
    [
      "a bare text",
      '"hello"',
      "NOT_A_CONVERSATION",
      "",
      'Cannot read conversation "x.json": expected a JSON object, found a string',
    ],
    [
      "an agent message without its delivery",
      readFixture("broken-no-delivery.json"),
      "NOT_A_CONVERSATION",
      "/conversation/2/delivery",
      'Cannot read conversation "x.json": "/conversation/2/delivery" is missing; docs/conversation.schema.json has the shape',
    ],
    [
      "a role that nobody has",
      JSON.stringify({ ...smallest, conversation: [{ ...said, role: "assistant" }] }),
      "NOT_A_CONVERSATION",
      "/conversation/0/role",
      'Cannot read conversation "x.json": "/conversation/0/role" has to be one of ["user","agent"]; docs/conversation.schema.json has the shape',
    ],
    [
      "content that is no text",
      JSON.stringify({ ...smallest, conversation: [{ ...said, content: 5 }] }),
      "NOT_A_CONVERSATION",
      "/conversation/0/content",
      'Cannot read conversation "x.json": "/conversation/0/content" has to be of type string; docs/conversation.schema.json has the shape',
    ],
  ])("%s", (_what, text, code, path, message) => {
    const error = refusal(text);
    expect({ message: error.message, code: error.code, path: error.path }).toEqual({
      message,
      code,
      path,
    });
  });

  test("a timestamp without an offset", () => {
    const message = { ...said, timestamp: "2025-08-18T14:30:22.123456" };
    const error = refusal(JSON.stringify({ ...smallest, conversation: [message] }));
    expect(error).toMatchObject({
      code: "NOT_A_CONVERSATION",
      path: "/conversation/0/timestamp",
    });
  });

  test("invalid JSON with the parser's own error as its cause", () => {
    expect(refusal("{").cause).toBeInstanceOf(SyntaxError);
  });

  test("invalid JSON counting bytes, not characters, and the byte order mark with them", () => {
    expect(refusal('\uFEFF["नम" 1]').message).toMatch(/not valid JSON at byte 13$/);
  });
});

/** A document with an event whose data has so many lists within each other. */
function withDeepEvent(levels: number): string {
  const deep = `${"[".repeat(levels)}${"]".repeat(levels)}`;
  const event = `{"type":"x","timestamp":"${said.timestamp}","data":{"deep":${deep}}}`;
  return JSON.stringify(smallest).replace('"events":[]', `"events":[${event}]`);
}

test("a document of any depth is read, and what lies deeper than 500 levels is a text that says so", () => {
  for (const levels of [490, 2500, 200_000]) {
    const given = withDeepEvent(levels).replace('"deep"', '"__proto__":{},"deep"');
    const text = JSON.stringify(parseConversation(given, "x.json").events);
    expect(text).not.toContain("__proto__");
    expect(text.includes(DEPTH_MARK)).toBe(levels > 500);
    expect(text.match(/\[/g)!.length).toBeLessThanOrEqual(500);
  }
});

describe("`parseConversation()` on files that want to meddle with prototypes", () => {
  test.each(["__proto__", "\\u005f_proto__", "__pr\\u006fto__"])(
    "leaves out the key %s, wherever it is",
    (key) => {
      const text = JSON.stringify({ ...smallest, conversation: [said] })
        .replace('"format":2', `"${key}":{"polluted":true},"format":2`)
        .replace('"role":"user"', `"${key}":{"polluted":true},"role":"user"`);
      const conversation = parseConversation(text, "x.json");
      expect(conversation).toEqual({ ...smallest, conversation: [said] });
      expect(Object.hasOwn(conversation, "__proto__")).toBe(false);
      expect(Object.hasOwn(conversation.conversation[0] ?? {}, "__proto__")).toBe(false);
      expect(Object.assign({}, conversation)).not.toHaveProperty("polluted");
    },
  );

  test("carries a `constructor` key as the plain data it is", () => {
    const text = JSON.stringify({ ...smallest, constructor: { prototype: { polluted: true } } });
    const conversation = parseConversation(text, "x.json");
    expect(Object.entries(conversation)).toContainEqual([
      "constructor",
      { prototype: { polluted: true } },
    ]);
    expect({}).not.toHaveProperty("polluted");
  });
});

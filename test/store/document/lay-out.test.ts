import { assert, constantFrom, dictionary, jsonValue, property } from "fast-check";
import { expect, test } from "vitest";
import { layOutEntry } from "../../../src/store/document/lay-out.js";
import { countOf } from "../../support/counts.js";

const KEYS = ["role", "content"];

test("an entry that is laid out is the same JSON value, whatever is in it", () => {
  const names = constantFrom(
    "words",
    "latency",
    "data",
    "attributes",
    "content",
    "é\n",
    "__proto__",
  );
  assert(
    property(dictionary(names, jsonValue({ depthSize: "large" })), (given) => {
      // As a state has it, e.g. without -0.
      const entry = JSON.parse(JSON.stringify(given)) as object;
      const text = layOutEntry(entry, KEYS, "    ");
      expect(JSON.parse(text)).toEqual(entry);
      for (const line of text.split("\n").slice(1)) expect(line).toMatch(/^ {4,}\S/);
    }),
    { numRuns: countOf(100, 300) },
  );
});

test("a message has a line for each key, each word and each part of its latency", () => {
  const message = {
    audio: { duration_s: 1.5, peak_dbfs: -3 },
    content: 'a "word" नमस्ते',
    role: "agent",
    words: [
      { text: "a", start_s: 0, end_s: 0.25 },
      { text: "word", start_s: 0.25, end_s: 1e-7 },
    ],
    latency: {
      origin: "speech_end",
      marks: { speech_end: 0, playback_start: 1.1 },
      tool_rounds: [{ start_s: 1 }, { start_s: 2 }],
    },
    missing: undefined,
    empty: [],
  };
  expect(layOutEntry(message, KEYS, "").split("\n")).toEqual([
    "{",
    '  "role": "agent",',
    '  "content": "a \\"word\\" नमस्ते",',
    '  "audio": { "duration_s": 1.5, "peak_dbfs": -3 },',
    '  "words": [',
    '    { "text": "a", "start_s": 0, "end_s": 0.25 },',
    '    { "text": "word", "start_s": 0.25, "end_s": 1e-7 }',
    "  ],",
    '  "latency": {',
    '    "origin": "speech_end",',
    '    "marks": { "speech_end": 0, "playback_start": 1.1 },',
    '    "tool_rounds": [',
    '      { "start_s": 1 },',
    '      { "start_s": 2 }',
    "    ]",
    "  },",
    '  "empty": []',
    "}",
  ]);
});

test("an entry that is nested thousands of times is laid out in proportion to its size", () => {
  const deep = JSON.parse(`${'{"data":['.repeat(2000)}${"]}".repeat(2000)}`) as object;
  const text = layOutEntry(deep, KEYS, "    ");
  expect(text.length).toBeLessThan(2 * JSON.stringify(deep).length);
});

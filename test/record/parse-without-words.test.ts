import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { summarizeCall } from "../../src/insight/index.js";
import {
  CONVERSATION_FORMAT,
  type Conversation,
  type Message,
  type Word,
  parseConversation,
  parseWithoutWords,
} from "../../src/record/index.js";
import { encodeMessage } from "../../src/store/document/encode-entries.js";
import { damageBytes } from "../support/damage-file.js";
import { generateCall } from "../support/generate-call.js";
import { type Random, createRandom } from "../support/random.js";

const TEXT = readFileSync("conversations/sample-parcel-desk.json", "utf8");
const SAMPLE = parseConversation(TEXT, "sample");

/** A document as a recorder lays it out: each word has a line. */
function layOutAsRecorder({ format, conversation, ...rest }: Conversation): string {
  const messages = conversation.map((message) => `    ${encodeMessage(message)}`).join(",\n");
  const others = JSON.stringify(rest, null, 2).slice(2);
  return `{\n  "format": ${format},\n  "conversation": [\n${messages}\n  ],\n${others}`;
}

const LAYOUTS: readonly ((conversation: Conversation) => string)[] = [
  layOutAsRecorder,
  (conversation) => JSON.stringify(conversation, null, 2),
  (conversation) => JSON.stringify(conversation, null, 1),
  (conversation) => JSON.stringify(conversation),
];
/** Of these layouts, word times are left out. */
const LAID_OUT = [TEXT, layOutAsRecorder(SAMPLE), JSON.stringify(SAMPLE, null, 2)];

function isHeardAsAWhole(message: Message): boolean {
  return message.role === "user" || message.delivery === "full";
}

/** What has to come out: a whole reading without the words of messages that were heard as a whole. */
function withoutWords(conversation: Conversation): Conversation {
  return {
    ...conversation,
    conversation: conversation.conversation.map((message) =>
      message.words !== undefined && isHeardAsAWhole(message) ? { ...message, words: [] } : message,
    ),
  };
}

/** Words that the fast way leaves in their place count as left out, because nobody may rely on either. */
function normalize(conversation: Conversation | undefined): unknown {
  return conversation === undefined ? undefined : withoutWords(conversation);
}

function parseWhole(text: string): Conversation | undefined {
  try {
    return parseConversation(text, "x");
  } catch {
    return undefined;
  }
}

it.each(LAID_OUT)("Words are left out only of messages that were heard as a whole: %#", (text) => {
  const parsed = parseWithoutWords(text, "x");
  expect(parsed).toEqual(withoutWords(SAMPLE));
  const partial = parsed?.conversation.filter(
    (message) => message.role === "agent" && message.delivery === "partial",
  );
  expect(partial?.some(({ words }) => (words?.length ?? 0) > 0)).toBe(true);
});

/** Texts that look like the parts of a document. */
const HOSTILE_TEXTS = [
  '"',
  "\\",
  '\\"words\\": [\n',
  '"words": [\n',
  '{ "text": "x", "at_s": 1, "until_s": 2 }',
  "]",
  "}]",
  "[{",
  ',"words":[]',
  "\\u0041",
  "\u0000\u001f",
  "\u2028",
  "\ud800",
  "é",
  "नमस्ते",
  "👩‍👩‍👧",
  "__proto__",
  "constructor",
  "",
];

const wordText = fc.oneof(
  fc.constantFrom("hello", "don't", "42,000", ...HOSTILE_TEXTS),
  fc.string({ unit: "binary" }),
);
const seconds = fc.oneof(
  fc.integer({ min: -5, max: 4_000_000 }).map((ms) => ms / 1000),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const plainWord = fc.record({
  text: fc.constantFrom("hello", "don't", "42,000", "é", "नमस्ते", "[{}]:,", "__proto__"),
  at_s: fc.integer({ min: 0, max: 4_000_000 }).map((ms) => ms / 1000),
  until_s: fc.integer({ min: 0, max: 4_000_000 }).map((ms) => ms / 1000),
});

/** A word of this format, perhaps with a key that a later version may have added. */
const anyWord: fc.Arbitrary<Word> = fc
  .tuple(
    fc.record({ text: wordText, at_s: seconds, until_s: seconds }),
    fc.constantFrom<object>({}, {}, {}, { heard: false }, { words: [{ text: "in" }] }),
  )
  .map(([word, more]) => ({ ...word, ...more }));

/** Puts lists of words into the messages of a call, one after the other. */
function withWords(seed: number, lists: readonly (Word[] | undefined)[]): Conversation {
  const { conversation } = generateCall(seed, false);
  return {
    ...conversation,
    conversation: conversation.conversation.slice(0, 12).map((message, at): Message => {
      const words = lists[at % lists.length];
      return words === undefined || lists.length === 0 ? message : { ...message, words };
    }),
  };
}

const RUNS = { numRuns: 400, ...(process.env["FUZZ_SEED"] && { seed: +process.env["FUZZ_SEED"] }) };

it("A call of the present format without its words is the same as a whole reading, whatever its words hold", () => {
  let left = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(
        fc.option(fc.array(fc.oneof(plainWord, anyWord), { maxLength: 40 }), { nil: undefined }),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
      fc.constantFrom(...LAYOUTS),
      fc.constantFrom("", "words", "at_s", "format", "conversation", "__proto__"),
      wordText,
      (seed, lists, layOut, name, text) => {
        const call = withWords(seed, lists);
        if (name !== "") call.session.attributes = { [name]: text };
        const given = layOut(call);
        const [whole, parsed] = [parseConversation(given, "x"), parseWithoutWords(given, "x")];
        if (parsed === undefined) return;
        left += 1;
        expect(normalize(parsed)).toEqual(normalize(whole));
        const summaries = [parsed, whole].map((each) => JSON.stringify(summarizeCall("x", each)));
        expect(summaries[0]).toBe(summaries[1]);
      },
    ),
    RUNS,
  );
  expect(left).toBeGreaterThan(50);
});

it("A recorder's document with plain words never has to be read a second time", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(
        fc.array(
          fc
            .tuple(plainWord, fc.boolean())
            .map(([word, isUnheard]): Word => (isUnheard ? { ...word, heard: false } : word)),
          { minLength: 1, maxLength: 40 },
        ),
        { minLength: 1, maxLength: 6 },
      ),
      fc.constantFrom(...LAYOUTS.slice(0, 2)),
      (seed, lists, layOut) => {
        const call = withWords(seed, lists);
        expect(parseWithoutWords(layOut(call), "x")).toEqual(withoutWords(call));
      },
    ),
    RUNS,
  );
});

it("A document of an older format is left to the whole reading", () => {
  for (const format of [0, 1, 3]) {
    const older = {
      ...SAMPLE,
      format,
      conversation: SAMPLE.conversation.map((message) => ({
        ...message,
        words: message.words?.map(({ text, at_s, until_s }) => ({
          text,
          start_s: at_s,
          end_s: until_s,
        })),
      })),
    };
    expect(parseWithoutWords(JSON.stringify(older, null, 2), "x")).toBeUndefined();
  }
  const list = JSON.stringify(SAMPLE.conversation, null, 2);
  expect(parseWithoutWords(list, "x")).toBeUndefined();
});

/** Changes that aim at lists of words and at where they stand. */
const CHANGES: ((random: Random, text: string) => string)[] = [
  (random, text) => damageBytes(Buffer.from(text), random).toString("utf8"),
  (random, text) => replaceOne(random, text, /"text"/g, '"word"'),
  (random, text) => replaceOne(random, text, /"at_s": [0-9.]+/g, '"at_s": "1"'),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"until_s": [0-9.]+/g,
      `"until_s": ${random.pick(["1e999", "01", "-", "1.", "null", "-0", "1e3", "NaN"])}`,
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"text": "/g,
      random.pick([
        '"text": "\\u0000',
        '"text": "\\x',
        '"text": "\t',
        '"text": "\\"',
        '"text": "\ud800',
        '"text": "","__proto__": "',
      ]),
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"words": \[\n/g,
      random.pick([
        '"w\\"words": [\n',
        '"words": [\n],\n"words": [\n',
        '"notes": [\n',
        '"words": [\n,',
        '"words": [\n  [',
        '"x": "\\"words\\": [", "words": [\n',
        '"data": {"words": [\n',
      ]),
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /\n *\],?\n/g,
      random.pick(["\n],\n", "\n}],\n", "\n,]\n", "\n", '\n], "words": 1\n', '\n], "words": []\n']),
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"data": \{/g,
      '"data": { "words": [\n{ "text": "x", "at_s": 1, "until_s": 2 }\n], ',
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"delivery": "[a-z]+"/g,
      `"delivery": "${random.pick(["none", "full", "partial", "pending", "lost"])}"`,
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"conversation"/g,
      random.pick(['"conversations"', '"conversation": [], "x"']),
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      / \}/g,
      random.pick([', "heard": false }', ', "heard": true }', ', "heard": false, "heard": 1 }']),
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"session"/g,
      `"format": ${random.pick([0, 1, CONVERSATION_FORMAT, 3])},\n  "session"`,
    ),
  (random, text) =>
    replaceOne(
      random,
      text,
      /"role": "[a-z]+"/g,
      `"role": "${random.pick(["user", "agent", "tool"])}"`,
    ),
];

function replaceOne(random: Random, text: string, what: RegExp, by: string): string {
  const places = [...text.matchAll(what)];
  if (places.length === 0) return text;
  const found = random.pick(places);
  return text.slice(0, found.index) + by + text.slice(found.index + found[0].length);
}

it("After any change of a file, leaving words out accepts nothing that reading it whole refuses, and says the same", () => {
  const random = createRandom(Number(process.env["FUZZ_SEED"] ?? 1));
  const accepted: { text: string; parsed: unknown; whole: unknown }[] = [];
  let refused = 0;
  for (let n = 0; n < 1500; n += 1) {
    let text = random.pick(LAID_OUT);
    for (let times = 1 + random.below(3); times > 0; times -= 1)
      text = random.pick(CHANGES)(random, text);
    const parsed = parseWithoutWords(text, "x");
    const whole = parseWhole(text);
    if (parsed === undefined) refused += 1;
    else accepted.push({ text, parsed: normalize(parsed), whole: normalize(whole) });
  }
  for (const { text, parsed, whole } of accepted) expect(parsed, text).toEqual(whole);
  expect(accepted.length).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
});

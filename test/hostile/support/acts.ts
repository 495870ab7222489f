import * as fc from "fast-check";
import type { JsonObject } from "../../../src/record/json-data.js";
import { hostileData, hostileText, manyWords } from "./hostile-text.js";

/** A word that each review takes out. No byte that is written or sent may hold it. */
export const WITHHELD = "zanzibarkey";
/** The number of somebody who telephones, which is masked wherever it stands. */
export const NUMBER = "15105550142";

/** One thing that a caller, a visitor or the agent's own code does. */
export type Act =
  | {
      kind: "hear";
      text: string;
      words: [text: string, startS: number, endS: number][];
      reply: string;
    }
  | { kind: "type"; text: string; reply: string }
  | { kind: "say"; text: string }
  | { kind: "tool"; args: { [key: string]: unknown }; result: string }
  | {
      kind: "join";
      isTelephone: boolean;
      identity: string;
      name: string;
      attributes: { [name: string]: string };
      laterAttributes: { [name: string]: string };
      leaves: boolean;
    }
  | { kind: "annotate"; type: string; data: JsonObject };

/** What people, programs and addresses write between the groups of a number. */
const BETWEEN = [
  "",
  " ",
  "-",
  ".",
  ",",
  ", ",
  "/",
  "_",
  "·",
  "–",
  "\u2011",
  "\u00a0",
  "\u200b",
  ") ",
  "'",
  ":",
  ";",
  "|",
  "%20",
  "%2D",
  "%2C",
  "%E2%80%91",
  "\n",
  "...",
  "=",
  "*",
];
/** The zeros of several scripts: nine digits follow each. */
const ZEROS = ["0", "٠", "०", "๐", "０", "𝟎"];

/** Every way in which the number was written so far. */
const writtenNumbers = new Set<string>();

/** The number in groups, with or without the country's digit, as somebody may write it. */
export const writtenNumber: fc.Arbitrary<string> = fc
  .record({
    before: fc.constantFrom("", "+", "00", "(", "＋"),
    hasCountry: fc.boolean(),
    between: fc.constantFrom(...BETWEEN),
    zero: fc.constantFrom(...ZEROS),
    sizes: fc.constantFrom([1, 3, 3, 4], [1, 3, 7], [4, 3, 4], [1, 2, 2, 2, 2, 2]),
  })
  .map(({ before, hasCountry, between, zero, sizes }) => {
    let at = 0;
    const groups = sizes.map((size) => NUMBER.slice(at, (at += size)));
    // Within the country it is dialled without the first digit, which is a group of its own then.
    const isWhole = hasCountry || sizes[0] !== 1;
    const first = zero.codePointAt(0) ?? 0;
    const number = (isWhole ? groups : groups.slice(1))
      .map((group) =>
        group.replaceAll(/\d/g, (digit) => String.fromCodePoint(first + Number(digit))),
      )
      .join(between);
    writtenNumbers.add(number);
    return (isWhole ? before : "") + number;
  });

/** How the number is written in a call, as far as it is: none of that may stand in a file. */
export function listWrittenNumbers(call: unknown): string[] {
  const texts = JSON.stringify(call);
  return [...writtenNumbers].filter((each) => texts.includes(JSON.stringify(each).slice(1, -1)));
}

const text = fc.oneof(hostileText, manyWords);
/** A text that may hold what is withheld, at its beginning, at its end, or within. */
const spoken = fc
  .record({ text, at: fc.constantFrom("nowhere", "before", "behind", "within") })
  .map(({ text: around, at }) => {
    if (at === "before") return `${WITHHELD} ${around}`;
    if (at === "behind") return `${around} ${WITHHELD}`;
    const middle = Math.floor(around.length / 2);
    return at === "within"
      ? `${around.slice(0, middle)} ${WITHHELD} ${around.slice(middle)}`
      : around;
  });
const numbered = fc
  .record({ text, number: fc.oneof(fc.constant(""), writtenNumber) })
  .map(({ text: around, number }) => (number === "" ? around : `${number} ${around}`));

const wordsOf = (whole: string): [text: string, startS: number, endS: number][] =>
  (whole.match(/\S+/g) ?? []).slice(0, 5000).map((word, at) => [word, at / 10, (at + 1) / 10]);

/** Words that spell another text than the transcript, as where a provider masks one and not the other. */
const otherWords: fc.Arbitrary<[text: string, startS: number, endS: number][]> = fc
  .array(fc.constantFrom(WITHHELD, "zanzibar", "key", "4111", "a", ""), {
    minLength: 1,
    maxLength: 20,
  })
  .map((words) => words.map((word, at) => [word, at / 10, (at + 1) / 10]));

const attributes = fc.dictionary(
  fc.oneof(fc.constantFrom("sip.callStatus", "sip.trunkID", "__proto__", "lang"), hostileText),
  numbered,
  { maxKeys: 4 },
);

export const act: fc.Arbitrary<Act> = fc.oneof(
  fc
    .record({
      text: spoken,
      times: fc.constantFrom("none", "right", "other"),
      others: otherWords,
      reply: spoken,
    })
    .map(({ text: heard, times, others, reply }) => ({
      kind: "hear" as const,
      text: heard,
      words: times === "none" ? [] : times === "right" ? wordsOf(heard) : others,
      reply,
    })),
  fc.record({ kind: fc.constant("type" as const), text: spoken, reply: spoken }),
  fc.record({ kind: fc.constant("say" as const), text: spoken }),
  fc.record({ kind: fc.constant("tool" as const), args: hostileData, result: spoken }),
  fc
    .record({
      isTelephone: fc.boolean(),
      identity: numbered,
      name: numbered,
      attributes,
      laterAttributes: attributes,
      number: fc.oneof(fc.constant(`+${NUMBER}`), hostileText),
      leaves: fc.boolean(),
    })
    .map(({ number, ...joining }) => ({
      ...joining,
      kind: "join" as const,
      attributes: { ...joining.attributes, "sip.phoneNumber": number },
    })),
  fc.record({
    kind: fc.constant("annotate" as const),
    type: hostileText,
    data: hostileData as fc.Arbitrary<JsonObject>,
  }),
);

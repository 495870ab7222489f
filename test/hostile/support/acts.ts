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

/** How people write a number, as far as it has to be found. */
const WRITTEN_NUMBERS = [
  `+${NUMBER}`,
  NUMBER,
  NUMBER.slice(1),
  "+1 510 555 0142",
  "(510) 555-0142",
  "510.555.0142",
  "1-510-555-0142",
];

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
  .record({ text, number: fc.constantFrom("", ...WRITTEN_NUMBERS) })
  .map(({ text: around, number }) => (number === "" ? around : `${number} ${around}`));

const wordsOf = (whole: string): [text: string, startS: number, endS: number][] =>
  (whole.match(/\S+/g) ?? []).slice(0, 5000).map((word, at) => [word, at / 10, (at + 1) / 10]);

const attributes = fc.dictionary(
  fc.oneof(fc.constantFrom("sip.callStatus", "sip.trunkID", "__proto__", "lang"), hostileText),
  numbered,
  { maxKeys: 4 },
);

export const act: fc.Arbitrary<Act> = fc.oneof(
  fc
    .record({ text: spoken, isTimed: fc.boolean(), reply: spoken })
    .map(({ text: heard, isTimed, reply }) => ({
      kind: "hear" as const,
      text: heard,
      words: isTimed ? wordsOf(heard) : [],
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

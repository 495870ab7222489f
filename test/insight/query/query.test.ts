import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  FIELD_NAMES,
  type Query,
  parseQuery,
  summarizeCall,
  toSearchText,
} from "../../../src/insight/index.js";
import { parseConversation } from "../../../src/record/index.js";
import { generateCall } from "../../support/generate-call.js";
import { createRandom } from "../../support/random.js";

const SAMPLE = "conversations/sample-parcel-desk.json";
const NOW = new Date("2026-11-22T08:00:00Z");
const record = parseConversation(readFileSync(SAMPLE, "utf8"), SAMPLE);
record.session.attributes = { tenant: "north" };
const call = summarizeCall("sample-parcel-desk", record);
const fits = (query: string): boolean => parseQuery(query, NOW).fits(call);

describe("parseQuery()", () => {
  it.each([
    "",
    "parcel",
    "PARCEL order",
    '"where my parcel is"',
    "-refund parcel",
    "role:user parcel",
    "role:agent counter",
    "ड्राइवर",
    "e2e:>1s",
    "e2e:<=900ms",
    "-e2e:>2s",
    "stage:llm>300ms",
    "stage:text_to_speech<1s",
    "finding:any",
    "finding:warn",
    "finding:cut_off",
    "tool:lookup_order",
    "-tool:failed",
    "since:7d",
    "since:2026-11-22T00:00Z until:2026-11-23T00:00Z",
    "duration:>1m",
    "duration:<70",
    "model:nova",
    "voice:f786",
    "agent:parcel_desk",
    "status:complete",
    "close:user_initiated",
    "lang:hi",
    "version:1.8",
    "attr.tenant:north",
  ])("finds the sample by %j", (query) => {
    expect(fits(query)).toBe(true);
  });

  it.each([
    "refund",
    "-parcel",
    '"parcel my where"',
    "role:user counter",
    "parce",
    "e2e:>2s",
    "stage:tool>1s",
    "finding:bad",
    "finding:slow_reply",
    "tool:failed",
    "since:1h",
    "until:2026-11-22T00:00Z",
    "duration:>2m",
    "model:gpt-9",
    "status:open",
    "lang:fr",
    "attr.tenant:south",
    "attr.other:north",
  ])("does not find the sample by %j", (query) => {
    expect(fits(query)).toBe(false);
  });

  it.each([
    ["finidng:bad", 'character 1: there is no field "finidng"; did you mean "finding"?'],
    ["parcel sinse:7d", 'character 8: there is no field "sinse"; did you mean "since"?'],
    ["finding:slow_replay", '"finding:" has no "slow_replay"; did you mean "slow_reply"?'],
    ["stage:lm>1s", '"stage:" has no "lm"; did you mean "llm"?'],
    ["status:done", '"status:" has no "done"'],
    ["e2e:>fast", '">fast" is no comparison; it has the form >2s, <=500ms or 1m'],
    ["since:soon", '"soon" is no moment'],
    ["role:caller", '"role:" is user or agent'],
    ['say "hello', "character 5: a quote is not closed"],
    ["a - b", 'character 3: "-" stands alone'],
    ["since: 7d", '"since:" needs a value, with no space after the colon'],
    ["?!", '"?!" has no word in it'],
  ])("refuses %j and says what is wrong", (query, why) => {
    expect(() => parseQuery(query, NOW)).toThrow(why);
  });

  it("finds words without regard to case, accents and width, and in scripts without spaces", () => {
    const [message] = call.messages;
    if (message === undefined) throw new Error("the sample is empty");
    const says = (content: string, query: string): boolean =>
      parseQuery(query).fits({
        ...call,
        messages: [{ ...message, content, generated: undefined }],
        searchTexts: [toSearchText([content])],
        hasText: (text) => toSearchText([content]).includes(text),
      });
    expect(says("Où est le café ?", "CAFE")).toBe(true);
    expect(says("Straße nach Köln", "koln")).toBe(true);
    expect(says("ＡＢＣ 123", "abc")).toBe(true);
    expect(says("您的订单号是四十二", "订单")).toBe(true);
    expect(says("क्या ड्राइवर आएगा", "ड्राइवर")).toBe(true);
    expect(says("क्या ड्राइवर आएगा", "डराइवर")).toBe(false);
  });

  it("gives the messages that have a word of the query, and none where it has fields alone", () => {
    const hits = (query: Query): string[] => query.findHits(call).map(({ id }) => id);
    expect(hits(parseQuery("counter role:agent")).length).toBeGreaterThan(0);
    expect(hits(parseQuery("finding:any"))).toEqual([]);
  });

  it.each(Object.getOwnPropertyNames(Object.prototype))(
    "takes %s for no field and for no attribute that a call did not record",
    (name) => {
      expect(() => parseQuery(`${name}:x`)).toThrow(`there is no field "${name}"`);
      for (const value of ["{}", "x", "undefined"])
        expect(fits(`attr.${name}:${value}`)).toBe(false);
    },
  );

  it("understands or refuses whatever is typed, and never fails in another way", () => {
    const random = createRandom(7);
    const parts = [
      ...FIELD_NAMES,
      ...Object.getOwnPropertyNames(Object.prototype),
      "attr.",
      ":",
      "-",
      '"',
      " ",
      ">",
      "<",
      "=",
      "7d",
      "s",
      "é",
      "\u0000",
      "1e9",
      "(",
      "\\",
    ];
    const { conversation } = generateCall(3, false);
    const other = summarizeCall("other", conversation);
    let understood = 0;
    for (let round = 0; round < 3000; round += 1) {
      const text = Array.from({ length: random.below(8) }, () => random.pick(parts)).join("");
      let query: Query;
      try {
        query = parseQuery(text, NOW);
      } catch (error) {
        if (String(error).startsWith("QueryError: Cannot read the query at character ")) continue;
        throw error;
      }
      understood += 1;
      query.fits(other);
      query.findHits(other);
    }
    expect(understood).toBeGreaterThan(100);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alignWords } from "../../../src/livekit/text/align-words.js";
import { findHeardText } from "../../../src/livekit/text/heard-text.js";

/** Half a second a word, and half a second for each `_`, which is something without a time. */
function timesOf(spoken: string) {
  return spoken.split(" ").flatMap((text, index) => {
    const start_s = index / 2;
    return text === "_" ? [] : [{ text, start_s, end_s: start_s + 0.5 }];
  });
}

describe("word times in a text", () => {
  it.each([
    ["We have room 7. We have room 8.", "We have room _ We have room _"],
    ["Dial 42. Dial 42 again, dial 42.", "Dial _ Dial _ again dial _"],
    ["La la 1 la la 2 la la", "La la _ la la _ la la"],
  ])("of a refrain after a numeral without a time go on, as in %j", (text, spoken) => {
    const words = timesOf(spoken);
    expect(alignWords(text, words)).toHaveLength(1);
    const audioS = spoken.split(" ").length / 2;
    for (let heardS = 0.5; heardS <= audioS; heardS += 0.5) {
      const { content } = findHeardText({ text, words, heardS, audioS });
      expect(Math.abs(content.split(" ").length - heardS * 2)).toBeLessThanOrEqual(1);
    }
  });

  it("end with the text also where a word is hundreds of letters long and another one begins like it", () => {
    const long = "a".repeat(400);
    const words = [long, `${long}b`, `${long.slice(1)}c`, long].map((text, index) => ({
      text,
      start_s: index,
      end_s: index + 1,
    }));
    for (const text of [`x${long}!`, `${long}b ${long}`, `${long} ${long}`])
      expect(alignWords(text, words).length).toBeGreaterThan(0);
  });

  it("of a text that was begun anew are two lists, and what either reached was heard", () => {
    const text = "One two three four. Five six seven eight.";
    const [first, again] = ["One two three", "One two three four Five six seven eight"].map(
      timesOf,
    );
    const words = [
      ...(first ?? []),
      ...(again ?? []).map(({ text: word, start_s, end_s }) => ({
        text: word,
        start_s: start_s + 1.6,
        end_s: end_s + 1.6,
      })),
    ];
    expect(alignWords(text, words)).toHaveLength(2);
    expect(findHeardText({ text, words, heardS: 2.2, audioS: 5.6 }).content).toBe("One two three");
    expect(findHeardText({ text, words, heardS: 3.7, audioS: 5.6 }).content).toBe(
      "One two three four.",
    );
  });

  it("are one list for any text that is said once, whatever of it has no time", () => {
    const word = fc.constantFrom("alpha", "beta", "gamma", "room", "we have", "7", "42", "8");
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (all) => {
        const spoken = all.flatMap((each) => (/\d/.test(each) ? ["_"] : each.split(" ")));
        expect(alignWords(all.join(" "), timesOf(spoken.join(" "))).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});

import { describe, expect, it } from "vitest";
import { findSpokenWords } from "../../../src/livekit/text/spoken-words.js";

/** Words of half a second each, one after the other. */
function timed(...texts: string[]) {
  return texts.map((text, index) => ({ text, start_s: index / 2, end_s: (index + 1) / 2 }));
}

const textsOf = (words: readonly { text: string }[]) => words.map(({ text }) => text);
const WHOLE = { audioS: 10, isComplete: true };

describe("the words that a voice said", () => {
  it.each([
    [
      ["Well,", "[laughter]", "hello"],
      ["Well,", "hello"],
    ],
    [
      ["[starts", "laughing]", "Oh", "no"],
      ["Oh", "no"],
    ],
    [
      ["Wait", "<break", 'time="1s"/>', "please"],
      ["Wait", "please"],
    ],
    [["Wait<#0.5#>please"], ["Waitplease"]],
    [
      ["<emphasis>yes</emphasis>", "sir"],
      ["yes", "sir"],
    ],
    [
      ["[card]", "is", "fine"],
      ["[card]", "is", "fine"],
    ],
  ])("of %j are %j", (given, said) => {
    expect(textsOf(findSpokenWords(timed(...given), WHOLE))).toEqual(said);
  });

  it("hold no letter of a direction that a provider times by letter", () => {
    const letters = Array.from("Oh [laughs] no", (letter) => letter.trim());
    expect(textsOf(findSpokenWords(timed(...letters), WHOLE)).join("")).toBe("Ohno");
  });

  it("keep the times of the provider", () => {
    expect(findSpokenWords(timed("[sighs]", "Hello"), WHOLE)).toEqual([
      { text: "Hello", start_s: 0.5, end_s: 1 },
    ]);
  });

  it("end where the sound ended, if the voice broke off", () => {
    const words = timed("One", "two", "three", "four");
    expect(textsOf(findSpokenWords(words, { audioS: 1.3, isComplete: false }))).toEqual([
      "One",
      "two",
      "three",
    ]);
    expect(findSpokenWords(words, { audioS: 1.3, isComplete: true })).toEqual(words);
  });
});

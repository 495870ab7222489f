import { describe, expect, it } from "vitest";
import type { AudioWord } from "../../../src/record/index.js";
import { findHeardText } from "../../../src/livekit/text/heard-text.js";

const words = [
  { text: "Well,", start_s: 0, end_s: 0.4 },
  { text: "hello", start_s: 0.5, end_s: 0.9 },
  { text: "there.", start_s: 1, end_s: 1.4 },
];

describe("findHeardText()", () => {
  it("counts a word as heard when half of it was played", () => {
    const at = (heardS: number) =>
      findHeardText({ text: "Well, hello there.", words, heardS, audioS: 1.5 }).content;
    expect(at(0.19)).toBe("");
    expect(at(0.2)).toBe("Well,");
    expect(at(0.69)).toBe("Well,");
    expect(at(0.7)).toBe("Well, hello");
    expect(at(1.5)).toBe("Well, hello there.");
  });

  it("has a part of the first word where the caller heard slowed sound of it for half a second", () => {
    const text = "Your parcel leaves the warehouse tomorrow";
    const slow = { text, words: [], heardS: 0.4, audioS: 60, stretch: 1.5 };
    expect(findHeardText(slow).content).toBe("Your");
    expect(findHeardText({ ...slow, stretch: 1 }).content).toBe("");
    expect(findHeardText({ ...slow, estimate: "" }).content).toBe("Your");
  });

  it("is whole without word times only where the signs behind its last word were played too", () => {
    const whole = { text: "Your thanks done 🇮🇳 ❤️", words: [], audioS: 1.4 };
    expect(findHeardText({ ...whole, heardS: 1.37 }).content).toBe("Your thanks");
    expect(findHeardText({ ...whole, heardS: 1.4 }).content).toBe(whole.text);
  });

  it("gives the words as they stand in the text, though the provider leaves out punctuation", () => {
    const bare = words.map((word) => ({ ...word, text: word.text.replace(/\W/g, "") }));
    const heard = findHeardText({
      text: "Well, “hello” there.",
      words: bare,
      heardS: 0.95,
      audioS: 1.5,
    });
    expect(heard).toEqual({ content: "Well, “hello”", heardBy: "word_times" });
  });

  it("gives a number as it stands in the text, though the provider spells it out", () => {
    const spoken = [
      { text: "five", start_s: 0, end_s: 0.3 },
      { text: "dollars", start_s: 0.3, end_s: 0.7 },
      { text: "please", start_s: 0.7, end_s: 1 },
    ];
    const heard = findHeardText({ text: "$5 please", words: spoken, heardS: 0.7, audioS: 1 });
    expect(heard).toEqual({ content: "$5", heardBy: "word_times" });
  });

  it("does not jump to a later place where the same word stands again", () => {
    const spoken = [{ text: "now", start_s: 0, end_s: 0.3 }];
    const text = "7 is the number that you asked for, now and always";
    expect(findHeardText({ text, words: spoken, heardS: 1, audioS: 4 })).toEqual({
      content: "7 is the",
      heardBy: "duration_ratio",
    });
  });

  it("cuts Devanagari at whole words", () => {
    const text = "जी हाँ, ड्राइवर आएगा।";
    const spoken = [
      { text: "जी", start_s: 0, end_s: 0.2 },
      { text: "हाँ,", start_s: 0.2, end_s: 0.5 },
      { text: "ड्राइवर", start_s: 0.6, end_s: 1.1 },
      { text: "आएगा।", start_s: 1.1, end_s: 1.5 },
    ];
    expect(findHeardText({ text, words: spoken, heardS: 0.6, audioS: 1.5 }).content).toBe("जी हाँ,");
  });

  it("takes LiveKit's estimate where there are no word times, and says so", () => {
    expect(
      findHeardText({ text: "a b c", words: [], heardS: 1, audioS: 2, estimate: "a b " }),
    ).toEqual({
      content: "a b",
      heardBy: "livekit_estimate",
    });
  });

  it("takes the estimate as the text has it, and none that is of another text", () => {
    const heardOf = (text: string, estimate: string) =>
      findHeardText({ text, words: [], heardS: 1, audioS: 2, estimate });
    expect(heardOf(" a  b c", "a b")).toEqual({ content: "a  b", heardBy: "livekit_estimate" });
    expect(heardOf("four one one", "411")).toEqual({ content: "four", heardBy: "duration_ratio" });
    expect(heardOf("a b", "a b c d").heardBy).toBe("duration_ratio");
  });

  it("falls back on the share of the audio, cut at a whole word", () => {
    expect(findHeardText({ text: "alpha beta gamma", words: [], heardS: 1, audioS: 2 })).toEqual({
      content: "alpha",
      heardBy: "duration_ratio",
    });
    expect(findHeardText({ text: "alpha beta", words: [], heardS: 0, audioS: 0 }).content).toBe("");
  });

  it("finds a number that is spelt out in a language without spaces", () => {
    const heard = findHeardText({
      text: "您的订单号是42，请稍等。",
      words: timed(Array.from("您的订单号是四十二请稍等")),
      heardS: 0.9,
      audioS: 1.2,
    });
    expect(heard).toEqual({ content: "您的订单号是42，", heardBy: "word_times" });
  });

  it("puts characters that have a time each together as the text has them", () => {
    const times = timed(Array.from("Pay five pounds now."));
    expect(
      findHeardText({ text: "Pay five pounds now.", words: times, heardS: 0.8, audioS: 2 }),
    ).toEqual({
      content: "Pay five",
      heardBy: "word_times",
    });
  });

  it("takes a number that is spelt out for no later word", () => {
    const times = timed(["We", "have", "seven", "rooms", "seven", "keys"]);
    const at = (heardS: number) =>
      findHeardText({ text: "We have 7 rooms, seven keys", words: times, heardS, audioS: 0.6 })
        .content;
    expect(at(0.3)).toBe("We have 7");
    expect(at(0.5)).toBe("We have 7 rooms, seven");
  });

  it("counts words once that a provider said again after a retry", () => {
    const times = timed(["One", "two", "One", "two", "three", "four.", "Five"]);
    const at = (heardS: number) =>
      findHeardText({ text: "One two three four. Five", words: times, heardS, audioS: 0.7 })
        .content;
    expect(at(0.35)).toBe("One two");
    expect(at(0.5)).toBe("One two three");
    expect(at(0.7)).toBe("One two three four. Five");
  });

  it("goes by the share of the audio where times are known of a part of the text only", () => {
    const text = "One two three four five six seven eight.";
    const times = timed(["One", "two"]);
    const { content, heardBy } = findHeardText({ text, words: times, heardS: 1, audioS: 1.6 });
    expect(content).toBe("One two three four five");
    expect(heardBy).toBe("duration_ratio");
  });

  it("cuts Chinese without word times about where the audio was cut", () => {
    const text = "您的订单已经在路上了，预计明天下午送到。";
    const heard = findHeardText({ text, words: [], heardS: 1.5, audioS: 3 });
    expect(heard).toEqual({ content: "您的订单已经在路上", heardBy: "duration_ratio" });
  });

  it("believes no estimate that contradicts what was played", () => {
    const heardOf = (estimate: string) =>
      findHeardText({ text: "a b c d e f", words: [], heardS: 1.5, audioS: 3, estimate });
    for (const estimate of ["", "a b c d e f"])
      expect(heardOf(estimate)).toEqual({ content: "a b c", heardBy: "duration_ratio" });
    expect(heardOf("a b c d")).toEqual({ content: "a b c d", heardBy: "livekit_estimate" });
  });

  it("never takes a text for heard to its end where the audio is that of a part of it", () => {
    const text = "您的订单已经在路上了";
    const heard = findHeardText({ text, words: [], heardS: 4, audioS: 4, isComplete: false });
    expect(heard.content).toBe("您的订单已经在路上");
  });

  it("cuts the only word at a grapheme where at least half of it was played", () => {
    const at = (heardS: number) =>
      findHeardText({ text: "Hello!", words: [], heardS, audioS: 1 }).content;
    expect([at(0.4), at(0.6), at(1)]).toEqual(["", "Hel", "Hello!"]);
  });
});

/** Words of a tenth of a second each. */
function timed(texts: readonly string[]): AudioWord[] {
  return texts.map((text, index) => ({ text, start_s: index / 10, end_s: (index + 1) / 10 }));
}

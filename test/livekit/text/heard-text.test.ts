import { describe, expect, it } from "vitest";
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

  it("keeps the provider's own words where they are not in the text", () => {
    const spoken = [
      { text: "five", start_s: 0, end_s: 0.3 },
      { text: "dollars", start_s: 0.3, end_s: 0.7 },
      { text: "please", start_s: 0.7, end_s: 1 },
    ];
    const heard = findHeardText({ text: "$5 please", words: spoken, heardS: 0.7, audioS: 1 });
    expect(heard.content).toBe("five dollars");
  });

  it("does not jump to a later place where the same word stands again", () => {
    const spoken = [{ text: "now", start_s: 0, end_s: 0.3 }];
    const text = "7 is the number that you asked for, now and always";
    expect(findHeardText({ text, words: spoken, heardS: 1, audioS: 4 }).content).toBe("now");
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
});

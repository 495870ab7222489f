import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AudioWord,
  type Word,
  WORD_TOLERANCE_S,
  placeAgentWords,
  placeUserWords,
} from "../../src/record/index.js";

/** Words one after the other, with pauses between them. */
const timedWords: fc.Arbitrary<AudioWord[]> = fc
  .tuple(
    fc.double({ min: 0, max: 60, noNaN: true }),
    fc.array(
      fc.record({
        text: fc.constantFrom("yes,", "the", "number", "is", "4271."),
        gapS: fc.double({ min: 0, max: 2, noNaN: true }),
        lengthS: fc.double({ min: 0, max: 2, noNaN: true }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  )
  .map(([beginS, words]) => {
    let atS = beginS;
    return words.map(({ text, gapS, lengthS }) => {
      const start_s = atS + gapS;
      atS = start_s + lengthS;
      return { text, start_s, end_s: atS };
    });
  });
const seconds = fc.double({ min: 0, max: 3600, noNaN: true });

function timesOf(words: readonly Word[]): [number, number][] {
  return words.map(({ at_s, until_s }) => [at_s, until_s]);
}

describe("placeUserWords()", () => {
  it("begins with the speech and keeps the distances, if the words fit into it", () => {
    fc.assert(
      fc.property(timedWords, seconds, (words, fromS) => {
        const firstS = words[0]?.start_s ?? NaN;
        const untilS = fromS + (words.at(-1)?.end_s ?? NaN) - firstS + 0.1;
        for (const [index, { at_s, until_s }] of placeUserWords(words, {
          fromS,
          untilS,
        }).entries()) {
          const { start_s = NaN, end_s = NaN } = words[index] ?? {};
          expect(Math.abs(at_s - fromS - (start_s - firstS))).toBeLessThan(WORD_TOLERANCE_S);
          expect(Math.abs(until_s - fromS - (end_s - firstS))).toBeLessThan(WORD_TOLERANCE_S);
        }
      }),
    );
  });

  it("has every word within the speech, in order, however long the speech was", () => {
    fc.assert(
      fc.property(timedWords, seconds, seconds, (words, fromS, lengthS) => {
        const untilS = fromS + lengthS / 100;
        let earliestS = fromS - WORD_TOLERANCE_S;
        for (const [at_s, until_s] of timesOf(placeUserWords(words, { fromS, untilS }))) {
          expect(at_s).toBeGreaterThanOrEqual(earliestS);
          expect(until_s).toBeGreaterThanOrEqual(at_s);
          expect(until_s).toBeLessThanOrEqual(untilS + WORD_TOLERANCE_S);
          earliestS = at_s;
        }
      }),
    );
  });

  it("ends the last word with the speech, because providers date its end roughly", () => {
    const words = [
      { text: "is", start_s: 4, end_s: 4.3 },
      { text: "4271.", start_s: 4.4, end_s: 6.9 },
    ];
    expect(timesOf(placeUserWords(words, { fromS: 10, untilS: 11.5 }))).toEqual([
      [10, 10.3],
      [10.4, 11.5],
    ]);
  });

  it("spreads the words over a speech that was heard faster than real time", () => {
    const words = [
      { text: "one", start_s: 8, end_s: 10 },
      { text: "two", start_s: 10, end_s: 12 },
      { text: "three", start_s: 14, end_s: 16 },
    ];
    expect(timesOf(placeUserWords(words, { fromS: 1, untilS: 2 }))).toEqual([
      [1, 1.25],
      [1.25, 1.5],
      [1.75, 2],
    ]);
  });
});

describe("placeAgentWords()", () => {
  const words = [
    { text: "Forty", start_s: 0, end_s: 0.4 },
    { text: "two", start_s: 0.5, end_s: 0.9 },
    { text: "days.", start_s: 1, end_s: 1.4 },
  ];
  const played = { untilS: 10.7, playedS: 0.7, momentOf: (audioS: number) => 10 + audioS };
  const heardOf = (content: string, text: string) =>
    placeAgentWords(words, played, { delivery: "partial", content, text }).map(
      ({ heard = true }) => heard,
    );

  it("marks the words that `content` does not reach", () => {
    expect(heardOf("Forty", "Forty two days.")).toEqual([true, false, false]);
    expect(heardOf("Forty two", "Forty two days.")).toEqual([true, true, false]);
    expect(heardOf("forty two", "forty, two: days")).toEqual([true, true, false]);
  });

  it("marks the words that were played by less than half, if the voice spelt another text", () => {
    expect(heardOf("42", "42 days.")).toEqual([true, true, false]);
  });

  it("ends a heard word with the playback, and dates the others as if it had gone on", () => {
    const placed = placeAgentWords(words, played, {
      delivery: "partial",
      content: "Forty two",
      text: "Forty two days.",
    });
    expect(placed).toEqual([
      { text: "Forty", at_s: 10, until_s: 10.4 },
      { text: "two", at_s: 10.5, until_s: 10.7 },
      { text: "days.", at_s: 11, until_s: 11.4, heard: false },
    ]);
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findKnown } from "../../../src/livekit/text/skip-known-words.js";
import { countOf } from "../../support/counts.js";

describe("a final transcript that corrects interim words", () => {
  it.each([
    ["want to pay my bill", "I want to pay my bill, please", ", please"],
    ["I want pay my bill", "I want to pay my bill today", " today"],
    ["uh I want to pay", "I want to pay my bill", " my bill"],
    ["I wont to pay", "I want to pay my bill", " my bill"],
    ["want to pay my bi", "I want to pay my bill today", " today"],
    ["one two tree", "one two five six", " six"],
    ["want to pay my bill", "I want to pay my bill", ""],
  ])("has after the words of %j in %j only %j", (taken, text, rest) => {
    const known = findKnown(text, taken);
    expect(text.slice(known?.end)).toBe(rest);
    expect(known?.rest).toBe("");
  });

  it.each([
    ["want to pay", "what is your name"],
    ["yes please", "no I would rather not, but yes please"],
  ])("is another speech where it says %j and then %j", (taken, text) => {
    expect(findKnown(text, taken)).toBeUndefined();
  });

  const sizes = fc.oneof(fc.integer({ min: 4, max: 30 }), fc.integer({ min: 600, max: 900 }));
  const change = fc.constantFrom("added", "left out", "replaced");

  it("has after the words that one correction changed only new words, wherever it is", () => {
    fc.assert(
      fc.property(
        sizes,
        fc.nat(),
        change,
        fc.integer({ min: 1, max: 4 }),
        (size, at, kind, more) => {
          const wordsOf = (from: number, until: number): string[] =>
            Array.from({ length: until - from }, (_, index) => `wo${from + index}rd`);
          const taken = wordsOf(0, size);
          const place = at % (size - 1);
          const final = taken.toSpliced(
            place,
            kind === "added" ? 0 : 1,
            ...(kind === "left out" ? [] : ["other"]),
          );
          const text = [...final, ...wordsOf(size, size + more)].join(" ");
          const known = findKnown(text, taken.join(" "));
          expect(text.slice(known?.end)).toBe(` ${wordsOf(size, size + more).join(" ")}`);
        },
      ),
      { numRuns: countOf(100, 400) },
    );
  });
});

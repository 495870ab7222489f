import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reviewHeard } from "../../../src/livekit/redaction/heard-of-reviewed.js";
import { segmentGraphemes } from "../../../src/record/index.js";
import { countOf } from "../../support/counts.js";

describe("what was heard of a text, in reviewed words", () => {
  const original = "Your card is 4111 1111 and it ends in June.";
  const reviewed = "Your card is [card] and it ends in June.";

  it.each([
    ["", ""],
    ["Your card", "Your card"],
    ["Your card is", "Your card is"],
    ["Your card is 4111", "Your card is [card]"],
    ["Your card is 4111 1111 and", "Your card is [card] and"],
    [original, reviewed],
  ])("of %j is %j", (heard, expected) => {
    expect(reviewHeard(heard, original, reviewed)).toBe(expected);
  });

  it("is all of a text that has been replaced as a whole", () => {
    expect(reviewHeard("Your card", original, "[withheld]")).toBe("[withheld]");
  });

  it("is a share of it where the heard words are not those of the text", () => {
    expect(reviewHeard("Your card is four one one one", original, reviewed)).toBe(
      "Your card is [card] and it",
    );
  });

  it("is a share of a text that was left as it was, where the heard words are others", () => {
    const spoken = "Your card is four one one one and it ends in June.";
    expect(reviewHeard("Your card is 4111", spoken, spoken)).toBe("Your card is four");
    expect(reviewHeard("Your card is four", ` ${spoken}`, ` ${spoken}`)).toBe("Your card is four");
  });

  it("never takes a character from the original that the review has replaced", () => {
    for (let length = 0; length <= original.length; length += 1) {
      expect(reviewHeard(original.slice(0, length), original, reviewed)).not.toMatch(/\d/);
    }
  });
});

/** Words that a review leaves alone, in several scripts; some of them come again and again. */
const KEPT = ["yes", "and", "Köln", "आपका", "посылка", "👩‍👩‍👧‍👦", "ok.", "e\u0301te\u0301", "yes"];
const MARKS = ["[card]", "[pin number]", "***", "", "<name of a person>"];

interface Piece {
  text: string;
  /** What the review puts in its place; undefined where it leaves the text. */
  mark: string | undefined;
}

const pieces: fc.Arbitrary<Piece[]> = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ text: fc.constantFrom(...KEPT), mark: fc.constant(undefined) }),
      },
      {
        weight: 1,
        arbitrary: fc
          .record({ number: fc.integer({ min: 0, max: 9 }), mark: fc.constantFrom(...MARKS) })
          .map(({ number, mark }) => ({ text: `zz${number} zz${number + 1}`, mark })),
      },
    ),
    { minLength: 2, maxLength: 12 },
  )
  // Two marks side by side are one change: nobody can tell where the first one ends.
  .filter((all) =>
    all.every(({ mark }, at) => mark === undefined || all[at + 1]?.mark === undefined),
  );

describe("what was heard of a text that a review has changed in several places", () => {
  const join = (texts: readonly string[]) => texts.filter((text) => text !== "").join(" ");

  it("holds what was heard and no word that was not, and of each change the mark once it was reached", () => {
    fc.assert(
      fc.property(pieces, fc.nat(), (all, at) => {
        const original = join(all.map(({ text }) => text));
        const count = 1 + (at % all.length);
        const heard = join(all.slice(0, count).map(({ text }) => text));
        const written = (some: readonly Piece[]) => join(some.map(({ text, mark = text }) => mark));
        const content = reviewHeard(heard, original, written(all));
        expect(content).toBe(written(all.slice(0, count)));
      }),
      { numRuns: countOf(400, 1000) },
    );
  });

  it("is a beginning of the reviewed text that ends at a grapheme, wherever the original was cut", () => {
    fc.assert(
      fc.property(
        pieces,
        pieces,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, other, share) => {
          const original = join(one.map(({ text }) => text));
          // The reviewed text may also be quite another one.
          const texts = [one.map(({ text, mark = text }) => mark), other.map(({ text }) => text)];
          for (const reviewed of texts.map(join)) {
            const borders = [...segmentGraphemes(original)].map(({ start }) => start);
            const cut = borders[Math.floor(share * borders.length)] ?? original.length;
            const content = reviewHeard(original.slice(0, cut).trim(), original, reviewed);
            expect(reviewed.startsWith(content)).toBe(true);
            const ends = [...segmentGraphemes(reviewed)].map(({ start }) => start);
            expect([...ends, reviewed.length]).toContain(content.length);
            const marks = MARKS.filter((mark) => mark.length > 3);
            for (const mark of marks)
              for (let length = 1; length < mark.length; length += 1)
                expect(content.endsWith(` ${mark.slice(0, length)}`)).toBe(false);
          }
        },
      ),
      { numRuns: countOf(200, 500) },
    );
  });
});

describe("brackets of a text that are no mark", () => {
  const words = fc.array(fc.constantFrom("yes", "and", "your", "parcel", "Köln"), {
    minLength: 60,
    maxLength: 120,
  });

  it("make nothing heard that comes later, wherever they open and close", () => {
    fc.assert(
      fc.property(
        words,
        fc.constantFrom("[]", "<>", "{}"),
        fc.nat({ max: 5 }),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.boolean(),
        (texts, [opening = "", closing = ""], at, share, isClosed) => {
          const all: string[] = [...texts];
          all[at] = `${opening}${all[at] ?? ""}`;
          if (isClosed) all[all.length - 1] += closing;
          const reviewed = all.join(" ");
          // No word of the original stayed, so the share of it counts.
          const original = "q".repeat(reviewed.length);
          const heard = original.slice(0, Math.floor(share * original.length));
          const content = reviewHeard(heard, original, reviewed);
          expect(content.length).toBeLessThanOrEqual(heard.length + "your parcel".length);
          expect(content.length).toBeGreaterThanOrEqual(heard.length - 1);
        },
      ),
      { numRuns: countOf(200, 1000) },
    );
  });

  it.each(["1 < 2 and [card", "a { b [card", "[ [ [card"])(
    "hide no mark that is behind them, as in %j",
    (before) => {
      const reviewed = `${before} number] ${"and so on ".repeat(30)}`.trim();
      const original = "q".repeat(reviewed.length);
      const content = reviewHeard(original.slice(0, before.length), original, reviewed);
      expect(content).toBe(`${before} number]`);
    },
  );
});

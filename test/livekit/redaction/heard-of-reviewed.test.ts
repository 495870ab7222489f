import { describe, expect, it } from "vitest";
import { reviewHeard } from "../../../src/livekit/redaction/heard-of-reviewed.js";

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

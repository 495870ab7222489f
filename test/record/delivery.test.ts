import { describe, expect, it } from "vitest";
import { findDeliveryFault } from "../../src/record/index.js";

const words = [
  { text: "One", start_s: 0, end_s: 0.5 },
  { text: "two", start_s: 0.5, end_s: 1 },
];
const audio = { duration_s: 1.4 };

describe("findDeliveryFault()", () => {
  it.each([
    ["none", "", 0],
    ["none", "", 0.2],
    ["partial", "One", 0.6],
    ["full", "One two", 1.4],
    // The last word was played; what is missing is the silence after it.
    ["full", "One two", 1],
  ] as const)("finds nothing wrong with %s of %j after %d s", (delivery, content, played_s) => {
    const generated = delivery === "full" ? {} : { generated: "One two" };
    expect(
      findDeliveryFault({ delivery, content, ...generated, played_s, words, audio }),
    ).toBeUndefined();
  });

  it.each([
    ["none", "", 0.9, "nothing of it was heard, though 0.9 s were played"],
    ["none", "", -1, "-1 s of it were played"],
    ["partial", "", 0.6, "a part of it was heard, which is nothing"],
    ["partial", "One two", 0.6, "a part of it was heard, which is all of it"],
    ["full", "One two", 0.6, "all of it was heard, though only 0.6 s of 1.4 s were played"],
  ] as const)("finds that %s of %j cannot be after %d s", (delivery, content, played_s, fault) => {
    const generated = delivery === "full" ? {} : { generated: "One two" };
    expect(findDeliveryFault({ delivery, content, ...generated, played_s, words, audio })).toBe(
      fault,
    );
  });

  it("has nothing to hold a message against that is being played, or of which no played time is known", () => {
    expect(
      findDeliveryFault({ delivery: "pending", content: "One two", played_s: 9, audio }),
    ).toBeUndefined();
    expect(findDeliveryFault({ delivery: "none", content: "", audio })).toBeUndefined();
  });
});

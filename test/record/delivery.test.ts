import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Delivery,
  type HeardBy,
  type HeardFacts,
  findDeliveryFault,
} from "../../src/record/index.js";

/** The words are "One", from 0 to 0.5 s, and "two", from 0.5 s. */
const LAST_WORD_END_S = 1;
const audio = { duration_s: 1.4 };

describe("findDeliveryFault()", () => {
  it.each<[what: string, HeardFacts, lastWordEndS?: number]>([
    [
      "nothing, because there was silence before the first word",
      {
        delivery: "none",
        content: "",
        generated: "One two",
        heard_by: "word_times",
        played_s: 0.9,
        audio,
      },
      1.2,
    ],
    [
      "nothing of a word that is one letter",
      { delivery: "none", content: "", generated: "好。", played_s: 0.9, audio },
    ],
    [
      "a part of a text of which nobody knows the rest",
      { delivery: "partial", content: "One two", played_s: 0.6, audio },
    ],
    [
      "all of a sound that the agent's own code made shorter",
      { delivery: "full", content: "One two", played_s: 0.7, output_s: 0.7, audio },
    ],
    [
      "all of a sound that the agent's own code made longer",
      { delivery: "full", content: "One two", played_s: 2.8, output_s: 2.8, audio },
    ],
  ])(
    "finds nothing wrong with a message of which was heard: %s",
    (_what, message, lastWordEndS) => {
      expect(findDeliveryFault(message, lastWordEndS)).toBeUndefined();
    },
  );

  it.each<[fault: string, HeardFacts]>([
    [
      "nothing of it was heard, though 1.5 s were played",
      {
        delivery: "none",
        content: "",
        generated: "One two",
        played_s: 1.5,
        audio: { duration_s: 3 },
      },
    ],
    ["2 s of 1.4 s were played", { delivery: "full", content: "One two", played_s: 2, audio }],
    [
      "nothing of it was heard, and yet there are words",
      { delivery: "none", content: "One", generated: "One two" },
    ],
    [
      "all of it was heard, and yet there is more of it",
      { delivery: "full", content: "One", generated: "One two" },
    ],
  ])("finds that %s", (fault, message) => {
    expect(findDeliveryFault(message)).toBe(fault);
  });

  it("finds no fault in a message after a review that it did not find before", () => {
    const seconds = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        fc.constantFrom<Delivery>("full", "partial", "none"),
        fc.constantFrom<HeardBy | undefined>(
          "word_times",
          "livekit_estimate",
          "duration_ratio",
          undefined,
        ),
        fc.constantFrom("One two", "好"),
        seconds,
        seconds,
        (delivery, heardBy, text, played_s, duration_s) => {
          const message: HeardFacts = {
            delivery,
            content: delivery === "full" ? text : delivery === "none" ? "" : text.slice(0, 3),
            ...(delivery === "full" ? {} : { generated: text }),
            ...(heardBy === undefined ? {} : { heard_by: heardBy }),
            played_s,
            audio: { duration_s },
          };
          if (findDeliveryFault(message) !== undefined) return;
          const others = {
            ...(message.content === "" ? {} : { content: "[x]" }),
            ...(message.generated === undefined ? {} : { generated: "[x] [y]" }),
          };
          expect(findDeliveryFault({ ...message, ...others, redacted: true })).toBeUndefined();
        },
      ),
    );
  });

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
      findDeliveryFault({ delivery, content, ...generated, played_s, audio }, LAST_WORD_END_S),
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
    expect(
      findDeliveryFault({ delivery, content, ...generated, played_s, audio }, LAST_WORD_END_S),
    ).toBe(fault);
  });

  it("has nothing to hold a message against that is being played, or of which no played time is known", () => {
    expect(
      findDeliveryFault({ delivery: "pending", content: "One two", played_s: 9, audio }),
    ).toBeUndefined();
    expect(findDeliveryFault({ delivery: "none", content: "", audio })).toBeUndefined();
  });
});

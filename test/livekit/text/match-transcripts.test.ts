import { describe, expect, it } from "vitest";
import { lettersAndDigits } from "../../../src/livekit/text/compare-text.js";
import { findWords, matchParts } from "../../../src/livekit/text/match-transcripts.js";

const waiting = (text: string) => ({
  id: "m_1",
  text,
  rest: lettersAndDigits(text),
  isTouched: false,
});

describe("a transcript that an agent's own `sttNode` has changed", () => {
  it.each([
    ["我想改一下我的订单", "我想改一下我的定单。谢谢你"],
    ["ขอเปลี่ยนที่อยู่จัดส่ง", "ขอเปลี่ยนที่อยู่การจัดส่งครับ"],
    ["I would like to change my order", "I'd like to change my order, thanks"],
  ])("is found again where one word of %j was changed", (text, changed) => {
    expect(matchParts(changed)(waiting(text))).toBe(true);
  });

  it("is not found in other words of the same language", () => {
    expect(matchParts("今天天气怎么样")(waiting("我想改一下我的订单"))).toBe(false);
  });

  it("is found where its words are all that is said, or begin there, or stand in it", () => {
    const all = [waiting("one two"), waiting("three"), waiting("two three four")];
    expect(findWords(all, "three")).toEqual({ index: 1, skipped: 0 });
    expect(findWords(all, "threetwo")).toEqual({ index: 1, skipped: 0 });
    expect(findWords(all, "reefour")).toEqual({ index: 2, skipped: 5 });
    expect(findWords(all, "ofour")).toBeUndefined();
    expect(findWords(all, "hree")).toEqual({ index: 2, skipped: 4 });
  });
});

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

  it.each([
    ["定单", "在哪里", "订单在哪里"],
    ["你号", "谢谢", "你好谢谢"],
    ["택베가", "어디있나요", "택배가 어디있나요"],
    ["កញ្ចប់របស់ខ្ញំ", "នៅឯណា", "កញ្ចប់របស់ខ្ញុំនៅឯណា"],
    ["helo", "where is it", "hello where is it"],
    ["定单", "再哪里", "订单在哪里，谢谢"],
    ["定单", "在哪里".repeat(30), `订单${"在哪里".repeat(30)}`],
  ])("is found in a joined text: %j before %j, with a letter corrected", (text, after, joined) => {
    const [first, last] = [waiting(text), waiting(after)];
    expect(matchParts(joined, [first, last])(first)).toBe(true);
    // What the node left out has no place in the text, before or between the others.
    const others = ["好", "是的", "嗯", "네", "yes", "oh"].filter((word) => !joined.includes(word));
    for (const other of others.map(waiting)) {
      for (const before of [
        [other, first],
        [first, other],
      ]) {
        const isPart = matchParts(joined, [...before, last]);
        expect([isPart(first), isPart(other)]).toEqual([true, false]);
      }
    }
  });

  it.each([
    ["是的", "我想改一下我的定单", "我想改一下我的订单"],
    ["嗯", "我想改一下我的定单", "我想改一下我的订单"],
    ["yes", "where is my parcle", "where is my parcel"],
    ["yes", "where is my parcle", "where is my parcel, please"],
    ["hello", "where is my parcle", "where is my parcel"],
  ])("is not found where %j was left out before %j", (text, after, changed) => {
    const [first, last] = [waiting(text), waiting(after)];
    expect(matchParts(changed, [first, last])(first)).toBe(false);
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

import { expect, it, vi } from "vitest";
import { isSameText } from "../../../src/livekit/text/compare-text.js";
import {
  MOST_PENDING,
  createPendingTranscripts,
} from "../../../src/livekit/user-speech/pending-transcripts.js";

function create() {
  const discarded: [string, string][] = [];
  const pending = createPendingTranscripts((id, reason) => discarded.push([id, reason]));
  const add = (id: string, text: string, isProtected = false) =>
    pending.add({ id, text, isProtected });
  return { pending, discarded, add };
}

it("a turn takes its pending words, and those that came before them are discarded", () => {
  const { pending, discarded, add } = create();
  add("m_1", "mhm");
  add("m_2", "hold on", true);
  add("m_3", "I would like");
  add("m_4", "a table");
  add("m_5", "and");
  expect(pending.takeForTurn("I would like a table", true)).toEqual(["m_3", "m_4"]);
  expect(discarded).toEqual([
    ["m_1", "held_back"],
    ["m_2", "not_interruptible"],
  ]);
  expect(pending.takeForTurn("and", false)).toEqual(["m_5"]);
  expect(discarded).toHaveLength(2);
});

it("a turn in other words discards no pending words", () => {
  const { pending, discarded, add } = create();
  add("m_1", "hello");
  expect(pending.takeForTurn("something else", false)).toEqual([]);
  expect(pending.takeForTurn("hello there", true)).toEqual(["m_1"]);
  pending.discard("turn_cleared");
  expect(discarded).toEqual([]);
});

it("pending words that an `sttNode` has replaced are found by the new text", () => {
  const { pending, discarded, add } = create();
  add("m_1", "helo");
  add("m_2", "again");
  pending.replace(["m_1"], "hello");
  expect(pending.takeForTurn("hello again", false)).toEqual(["m_1", "m_2"]);
  expect(discarded).toEqual([]);
});

it("messages that an `sttNode` has joined are taken as one, and discarded one by one", () => {
  const { pending, discarded, add } = create();
  for (const [index, text] of ["mhm", "a table", "for too", "please", "now"].entries())
    add(`m_${index + 1}`, text);
  pending.replace(["m_2", "m_3"], "A table for two.");
  expect(pending.takeForTurn("A table for two. please", false)).toEqual(["m_2", "m_3", "m_4"]);
  expect(pending.has("m_3")).toBe(false);
  expect(discarded).toEqual([["m_1", "held_back"]]);
  add("m_6", "thank you");
  pending.replace(["m_5", "m_6"], "now, thank you");
  pending.discard("stt_node", "m_5");
  expect([pending.has("m_5"), pending.has("m_6")]).toEqual([false, true]);
  pending.discard("turn_cleared");
  expect(discarded.slice(1)).toEqual([
    ["m_5", "stt_node"],
    ["m_6", "turn_cleared"],
  ]);
});

it("pending words are discarded once, and at the end only those that were said over protected speech", () => {
  const { pending, discarded, add } = create();
  add("m_1", "one");
  add("m_2", "two");
  add("m_3", "three", true);
  pending.discard("stt_node", "m_1");
  pending.discard("stt_node", "m_1");
  pending.close();
  pending.close();
  expect(discarded).toEqual([
    ["m_1", "stt_node"],
    ["m_3", "not_interruptible"],
  ]);
});

it("`isSameText()` knows a text again, whatever its spaces and wherever it was cut", () => {
  expect(isSameText("Hi, how are you?", "Hi,how are you? ", false)).toBe(true);
  expect(isSameText("Hi, how are you?", "Hi, how", false)).toBe(false);
  expect(isSameText("Hi, how are you?", "Hi, how", true)).toBe(true);
  expect(isSameText("Hi, how", "Hi, how are you?", true)).toBe(true);
  expect(isSameText("Hi, how are you?", "**Hi**", true)).toBe(false);
});

it("pending words have a limit where no turn is taken, and beyond it protected words are discarded", () => {
  const { pending, discarded, add } = create();
  const count = MOST_PENDING + 2;
  for (let index = 1; index <= count; index += 1) add(`m_${index}`, "hello", index % 2 === 0);
  expect(discarded).toEqual([["m_2", "not_interruptible"]]);
  expect(pending.takeForTurn("other words", true)).toHaveLength(MOST_PENDING);
  expect(pending.takeForTurn("hello", false)).toEqual([]);
});

it("a turn in other words is compared with each pending message once", () => {
  const { pending, add } = create();
  for (let index = 0; index < MOST_PENDING; index += 1) add(`m_${index}`, "hello there");
  const compare = vi.spyOn(String.prototype, "startsWith");
  const taken = pending.takeForTurn("something else", false);
  const comparisons = compare.mock.calls.length;
  compare.mockRestore();
  expect(taken).toEqual([]);
  expect(comparisons).toBe(MOST_PENDING);
});

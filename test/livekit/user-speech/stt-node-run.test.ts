import { expect, it } from "vitest";
import { runInContext } from "../../../src/livekit/instrumentation/call-context.js";
import {
  type SttNodeRun,
  followSttNodeRun,
  noteRawTranscript,
} from "../../../src/livekit/user-speech/stt-node-run.js";

/** A node's ears, with what they tell. */
function create(taken: readonly string[] = []) {
  const dropped: string[] = [];
  const changed: [string, string][] = [];
  const passed: [string[], string][] = [];
  const ears = followSttNodeRun({
    isOpen: (id) => !taken.includes(id),
    onDropped: (id) => void dropped.push(id),
    onPassed: (from, text) => void passed.push([from.map(({ id }) => id), text]),
    onChanged: (id, text) => void changed.push([id, text]),
  });
  return { ears, dropped, changed, passed };
}

/** The services hear so many things inside the node, `m_1` and so on. */
function hear(ears: SttNodeRun, ...texts: string[]): void {
  runInContext({ sttNode: ears }, () =>
    texts.forEach((text, index) => noteRawTranscript({ id: `m_${index + 1}`, text })),
  );
}

it("transcripts that an `sttNode` leaves out are told, before a passed one and at the end", () => {
  const { ears, dropped, changed, passed } = create();
  hear(ears, "one", "two", "three", "four");
  expect([ears.pass("two"), ears.pass("three")]).toEqual([true, true]);
  ears.end();
  expect(dropped).toEqual(["m_1", "m_4"]);
  expect(changed).toEqual([]);
  expect(passed).toEqual([
    [["m_2"], "two"],
    [["m_3"], "three"],
  ]);
});

it("an `sttNode` may pass on a transcript in pieces, and leave out the end of one", () => {
  const { ears, dropped, changed } = create();
  hear(ears, "Hello. I want a table.", "For two. Um");
  expect(["Hello.", "I want", "a table.", "For two."].map(ears.pass)).not.toContain(false);
  expect(changed).toEqual([]);
  ears.end();
  expect(dropped).toEqual([]);
  expect(changed).toEqual([["m_2", "For two."]]);
});

it("an `sttNode` may pass on sentences that begin in one transcript and end in the next", () => {
  const { ears, dropped, changed, passed } = create();
  hear(ears, "hello. I want", "a table. please");
  for (const sentence of ["hello.", "I want a table.", "please"]) ears.pass(sentence);
  ears.end();
  expect({ dropped, changed }).toEqual({ dropped: [], changed: [] });
  expect(passed.at(-1)).toEqual([["m_1", "m_2"], "hello. I want a table. please"]);
});

it("words that an `sttNode` joins, mends or leaves out in part are told as changed", () => {
  const { ears, dropped, changed } = create();
  hear(ears, "noise", "a table", "for too", "please");
  ears.pass("A table for two, please.");
  expect(dropped).toEqual(["m_1"]);
  expect(changed).toEqual([["m_4", "A table for two, please."]]);
});

it("changed pieces of an `sttNode` belong to their transcript until a turn has taken it", () => {
  const open = create();
  hear(open.ears, "hola. quiero una mesa");
  expect([open.ears.pass("hello."), open.ears.pass("I want a table")]).toEqual([true, true]);
  expect(open.changed.at(-1)).toEqual(["m_1", "hello. I want a table"]);

  const taken = create(["m_1"]);
  hear(taken.ears, "helo");
  expect([taken.ears.pass("hello"), taken.ears.pass("[key 4]")]).toEqual([true, false]);
  expect(taken.changed).toEqual([["m_1", "hello"]]);
});

it("words that an `sttNode` adds belong to no transcript", () => {
  const { ears, dropped, changed } = create();
  expect(ears.pass("hello")).toBe(false);
  hear(ears, "one");
  expect([ears.pass("one"), ears.pass("one"), ears.pass("?")]).toEqual([true, false, false]);
  ears.end();
  expect({ dropped, changed }).toEqual({ dropped: [], changed: [] });
});

it("a short transcript with one corrected letter is a part of the text that an `sttNode` joined", () => {
  const { ears, dropped, changed, passed } = create();
  hear(ears, "嗯", "定单", "在哪里");
  ears.pass("订单在哪里");
  ears.end();
  expect(dropped).toEqual(["m_1"]);
  expect(changed).toEqual([["m_3", "订单在哪里"]]);
  expect(passed).toEqual([[["m_2", "m_3"], "订单在哪里"]]);
});

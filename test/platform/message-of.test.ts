import { expect, test } from "vitest";
import { messageOf } from "../../src/platform/message-of.js";

class Broken extends Error {
  override get message(): string {
    throw new Error("no message for you");
  }
}

test.each([
  ["an error", new Error("the disk is full"), "the disk is full"],
  ["an error without words", new RangeError(""), "RangeError"],
  ["a text", "gone", "gone"],
  ["nothing", undefined, "undefined"],
  ["errors in one", new AggregateError([new Error("refused"), new Error("timeout")]), "refused"],
  ["an error whose message throws", new Broken(), "an error that cannot be read"],
  ["an object that cannot be a text", Object.create(null), "an error that cannot be read"],
])("`messageOf()` says in words what %s is", (_what, thrown, words) => {
  expect(messageOf(thrown)).toBe(words);
});

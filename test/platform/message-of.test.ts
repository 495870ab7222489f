import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isError, messageOf } from "../../src/platform/message-of.js";

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
  ["an error whose message throws", new Broken(), "Error"],
  ["an object that cannot be a text", Object.create(null), "an error that cannot be read"],
])("`messageOf()` says in words what %s is", (_what, thrown, words) => {
  expect(messageOf(thrown)).toBe(words);
});

/** What a property of an error may be, or do when it is read. */
const parts = fc.oneof(
  fc.anything(),
  fc.constant(undefined).map(() => Object.create(null) as unknown),
);

test("`messageOf()` gives a text for whatever was thrown, and throws nothing", () => {
  fc.assert(
    fc.property(
      fc.record({ message: parts, name: parts, errors: parts }),
      fc.subarray(["message", "name", "errors"]),
      fc.boolean(),
      (values, throwing, isSeveral) => {
        const error = isSeveral ? new AggregateError([]) : new Error("x");
        for (const [key, value] of Object.entries(values))
          Object.defineProperty(error, key, {
            get: () => {
              if (throwing.includes(key)) throw new Error("not for you");
              return value;
            },
          });
        expect(messageOf(error)).toEqual(expect.stringMatching(/./su));
      },
    ),
  );
  fc.assert(fc.property(fc.anything(), (thrown) => typeof messageOf(thrown) === "string"));
});

test("`messageOf()` gives the name of an error whose message throws, because it is more than nothing", () => {
  const error = new Error("x");
  Object.defineProperty(error, "message", {
    get: () => {
      throw new Error("not for you");
    },
  });
  expect(messageOf(error)).toBe("Error");
});

test("`isError()` and `messageOf()` bear a proxy that throws at each question", () => {
  const refuse = (): never => {
    throw new Error("not for you");
  };
  const proxy: unknown = new Proxy(new Error("x"), { get: refuse, getPrototypeOf: refuse });
  expect(isError(proxy)).toBe(false);
  expect(messageOf(proxy)).toBe("an error that cannot be read");
});

import { expect, test } from "vitest";
import { atMost } from "../../src/platform/at-most.js";

test("`atMost()` says whether the work was done in its time, and failed work counts as done", async () => {
  expect(await atMost(60_000, Promise.resolve("something"))).toBe(true);
  expect(await atMost(60_000, Promise.reject(new Error("no")))).toBe(true);
  expect(await atMost(1, new Promise(() => undefined))).toBe(false);
});

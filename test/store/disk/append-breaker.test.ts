import { expect, test } from "vitest";

import { createAppendBreaker } from "../../../src/store/disk/append-breaker.js";

function makeBreaker() {
  let nowMs = 0;
  const told: string[] = [];
  const breaker = createAppendBreaker({
    maxBlockedMs: 100,
    nowMs: () => nowMs,
    onOpen: () => told.push("slow"),
    onClose: () => told.push("quick"),
  });
  const after = (ms: number): typeof breaker => {
    nowMs += ms;
    return breaker;
  };
  return { breaker, after, told };
}

test("one append that blocks for long opens the breaker, and many quick ones never do", () => {
  const { breaker, after } = makeBreaker();
  for (let n = 0; n < 100_000; n += 1) after(0).noteBlocked(4.9);
  expect(breaker.isOpen).toBe(false);
  after(0).noteBlocked(100);
  expect(breaker.isOpen).toBe(true);
});

test("appends that block a little are forgiven now and then, and open the breaker when they come often", () => {
  const { breaker, after } = makeBreaker();
  for (let n = 0; n < 1000; n += 1) after(3000).noteBlocked(30);
  expect(breaker.isOpen).toBe(false);
  for (let n = 0; n < 5; n += 1) after(100).noteBlocked(30);
  expect(breaker.isOpen).toBe(true);
});

test("appends return to the event loop only after the disk was quick for a while", () => {
  const { breaker, after, told } = makeBreaker();
  breaker.noteBlocked(500);
  after(4000).noteLate(3);
  after(500).noteLate(200);
  after(4000).noteLate(3);
  expect(breaker.isOpen).toBe(true);
  after(1500).noteLate(3);
  expect(breaker.isOpen).toBe(false);
  expect(told).toEqual(["slow", "quick"]);
});

test("a disk that is slow again at once gets appends of the event loop back later and later", () => {
  const { breaker, after } = makeBreaker();
  const pausesMs: number[] = [];
  for (let n = 0; n < 10; n += 1) {
    after(1000).noteBlocked(500);
    let pauseMs = 0;
    while (breaker.isOpen) {
      pauseMs += 1000;
      after(1000).noteLate(1);
    }
    pausesMs.push(pauseMs);
  }
  expect(pausesMs).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300, 300].map((s) => s * 1000));
  // A quiet minute, and it starts anew.
  after(61_000).noteBlocked(500);
  after(5000).noteLate(1);
  expect(breaker.isOpen).toBe(false);
});

test("a call that hangs opens the breaker once, and a late append while it is closed says nothing", () => {
  const { breaker, after, told } = makeBreaker();
  breaker.noteLate(5000);
  expect(told).toEqual([]);
  after(0).trip();
  after(0).trip();
  expect(told).toEqual(["slow"]);
});

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { findTurnAt, formatMoment, parseMoment } from "../../src/insight/index.js";
import { parseConversation } from "../../src/record/index.js";

it.each([
  ["72.4", 72.4],
  ["1:12.4", 72.4],
  ["0:05", 5],
  ["1:02:03.5", 3723.5],
])("parseMoment() reads %s", (text, second) => {
  expect(parseMoment(text)).toBeCloseTo(second, 9);
});

it.each(["", "1:", ":1", "1:75", "-1", "1.2.3", "noon", "1:99:00"])(
  "parseMoment() takes %j for no moment",
  (text) => expect(parseMoment(text)).toBeUndefined(),
);

it("parseMoment() reads back what formatMoment() wrote, to a tenth of a second", () => {
  for (let tenth = 0; tenth < 80_000; tenth += 7)
    expect(parseMoment(formatMoment(tenth / 10))).toBeCloseTo(tenth / 10, 6);
});

it("findTurnAt() gives the turn that was going on, a wait as the turn of its reply", () => {
  const sample = "conversations/sample-parcel-desk.json";
  const conversation = parseConversation(readFileSync(sample, "utf8"), sample);
  expect(findTurnAt(conversation, 0)).toBe(1);
  expect(findTurnAt(conversation, 18.1)).toBe(3);
  expect(findTurnAt(conversation, 42.2)).toBe(6);
  expect(findTurnAt(conversation, 10_000)).toBe(8);
});

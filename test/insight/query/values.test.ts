import * as fc from "fast-check";
import { expect, it } from "vitest";
import { messageOf } from "../../../src/platform/message-of.js";
import { readMoment } from "../../../src/insight/query/values.js";

const NOW = new Date("2026-11-22T08:00:00Z");
const two = (value: number): string => String(value).padStart(2, "0");

it.each([
  ["a number without a unit", fc.double({ min: 0, max: 9999, noNaN: true }).map(String)],
  ["a name of a month", fc.constantFrom("March", "Nov 2026", "22 Nov 2026", "11/22/2026")],
  ["another separator or length", fc.constantFrom("2026", "2026-11", "2026-1-2", "20261122")],
  ["a time without minutes", fc.constantFrom("2026-11-22T14", "2026-11-22Z", "2026-11-22T14:3")],
  ["an unknown offset", fc.constantFrom("2026-11-22T14:30 CET", "2026-11-22T14:30+25:00")],
  ["an hour that does not exist", fc.constantFrom("2026-11-22T24:00", "2026-11-22T08:60Z")],
])("readMoment() refuses %s, and the error names the forms", (_what, texts) => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(() => readMoment(text, NOW)).toThrow(
        `"${text}" is no moment; it has the form 7d, 2h, today, yesterday, 2026-11-22 or 2026-11-22T14:30`,
      );
    }),
  );
});

it("readMoment() takes a day if the calendar has it, with and without a time, and no other day", () => {
  const years = fc.integer({ min: 1970, max: 2200 });
  const read = (text: string): number | string => {
    try {
      return readMoment(text, NOW);
    } catch (error) {
      return messageOf(error).includes("is no moment") ? "refused" : messageOf(error);
    }
  };
  const [months, days] = [fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 })];
  fc.assert(
    fc.property(years, months, days, (year, month, day) => {
      const text = `${year}-${two(month)}-${two(day)}`;
      const exists = day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
      const expected = [
        [text, new Date(year, month - 1, day).getTime()],
        [`${text} 14:30`, new Date(year, month - 1, day, 14, 30).getTime()],
        [`${text}T14:30:05.5`, new Date(year, month - 1, day, 14, 30, 5, 500).getTime()],
        [`${text}T14:30Z`, Date.UTC(year, month - 1, day, 14, 30)],
        [`${text}T14:30:00+05:30`, Date.UTC(year, month - 1, day, 9)],
      ] as const;
      expect(expected.map(([given]) => read(given))).toEqual(
        expected.map(([, atMs]) => (exists ? atMs : "refused")),
      );
    }),
  );
});

it("readMoment() counts a length with its unit back from now", () => {
  expect(readMoment("1.5h", NOW)).toBe(NOW.getTime() - 5_400_000);
  expect(readMoment("7d", NOW)).toBe(NOW.getTime() - 7 * 86_400_000);
});

import * as fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { parseTimestamp, toTimestamp } from "../../src/record/index.js";

const moment = Date.UTC(2025, 7, 18, 9, 0, 22, 123);

describe("`toTimestamp()`", () => {
  test.each([
    [moment + 0.456, 330, "2025-08-18T14:30:22.123456+05:30"],
    [moment, 0, "2025-08-18T09:00:22.123000+00:00"],
    [moment + 0.001, -210, "2025-08-18T05:30:22.123001-03:30"],
    [moment, -30, "2025-08-18T08:30:22.123000-00:30"],
    [moment, 765, "2025-08-18T21:45:22.123000+12:45"],
    [Date.UTC(2024, 11, 31, 23, 59, 59, 999) + 0.999, 0, "2024-12-31T23:59:59.999999+00:00"],
    [Date.UTC(2024, 11, 31, 23, 59, 59, 999) + 0.9996, 0, "2025-01-01T00:00:00.000000+00:00"],
    [Date.UTC(2024, 11, 31, 20, 0, 0), 330, "2025-01-01T01:30:00.000000+05:30"],
    [Date.UTC(2025, 0, 1, 2, 0, 0), -300, "2024-12-31T21:00:00.000000-05:00"],
    [-0.001, 0, "1969-12-31T23:59:59.999999+00:00"],
    [0, 0, "1970-01-01T00:00:00.000000+00:00"],
  ])("writes %d at offset %d as %s", (epochMs, offsetMinutes, timestamp) => {
    expect(toTimestamp(epochMs, offsetMinutes)).toBe(timestamp);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e15])("refuses %d", (epochMs) => {
    expect(() => toTimestamp(epochMs, 0)).toThrow(RangeError);
  });

  describe("without an offset", () => {
    const zone = process.env["TZ"];
    afterEach(() => {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    });

    test.each([
      ["Asia/Kolkata", "2025-08-18T14:30:22.123000+05:30", "2025-01-15T17:30:00.000000+05:30"],
      ["America/New_York", "2025-08-18T05:00:22.123000-04:00", "2025-01-15T07:00:00.000000-05:00"],
      ["America/St_Johns", "2025-08-18T06:30:22.123000-02:30", "2025-01-15T08:30:00.000000-03:30"],
      ["UTC", "2025-08-18T09:00:22.123000+00:00", "2025-01-15T12:00:00.000000+00:00"],
    ])("uses the one that %s has at that moment", (name, summer, winter) => {
      process.env["TZ"] = name;
      expect(toTimestamp(moment)).toBe(summer);
      expect(toTimestamp(Date.UTC(2025, 0, 15, 12))).toBe(winter);
    });

    test("writes a wall clock that agrees with the offset, also where that had seconds", () => {
      process.env["TZ"] = "Europe/Amsterdam";
      const old = Date.UTC(1900, 0, 1);
      expect(parseTimestamp(toTimestamp(old))).toBe(old);
    });
  });
});

describe("`parseTimestamp()`", () => {
  test.each([
    ["2025-08-18T14:30:22.123456+05:30", moment + 0.456],
    ["2025-08-18T05:30:22.123001-03:30", moment + 0.001],
    ["2024-12-31T23:59:59.999999+00:00", Date.UTC(2024, 11, 31, 23, 59, 59, 999) + 0.999],
    ["2025-01-01T01:30:00+05:30", Date.UTC(2024, 11, 31, 20)],
    ["2025-08-18T09:00:22.5Z", Date.UTC(2025, 7, 18, 9, 0, 22, 500)],
    ["2024-02-29T00:00:00.000000-00:30", Date.UTC(2024, 1, 29, 0, 30)],
    ["0050-03-01T00:00:00.000000+00:00", Date.parse("0050-03-01T00:00:00Z")],
  ])("reads %s", (timestamp, epochMs) => {
    expect(parseTimestamp(timestamp)).toBeCloseTo(epochMs, 3);
  });

  test.each([
    "",
    "yesterday",
    "2025-08-18",
    "2025-08-18T14:30:22.123456",
    "2025-02-29T00:00:00.000000+00:00",
    "2025-13-01T00:00:00.000000+00:00",
    "2025-08-18T24:00:00.000000+00:00",
    "2025-08-18T14:30:60.000000+00:00",
    "2025-08-18T14:30:22.123456+24:00",
    "2025-08-18T14:30:22.123456+05:60",
    "2025-08-18T14:30:22.123456+05:30 ",
  ])("refuses %j", (text) => {
    expect(() => parseTimestamp(text)).toThrow(
      new RangeError(
        `Cannot read timestamp "${text}": expected the form 2025-08-18T14:30:22.123456+05:30`,
      ),
    );
  });

  test("gives back every microsecond that `toTimestamp()` was given, in the same text", () => {
    for (let micros = 0; micros < 1_000_000; micros += 4_999) {
      const epochMs = (Date.UTC(2025, 7, 18) * 1000 + micros) / 1000;
      const timestamp = toTimestamp(epochMs, 330);
      expect(timestamp.slice(20, 26)).toBe(String(micros).padStart(6, "0"));
      expect(toTimestamp(parseTimestamp(timestamp), 330)).toBe(timestamp);
    }
  });
});

/** The form of a timestamp as a regular expression says it, which `parseTimestamp()` reads by position. */
const FORM =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** The moment of a text by its form and by `Date`; undefined if it has none. */
function readByForm(text: string): number | undefined {
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = "",
    sign = "+",
    hours = "0",
    minutes = "0",
  ] = FORM.exec(text) ?? [];
  if (year === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return undefined;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const date = `${year}-${month}-${day}`;
  const ms = Date.parse(`${date}T${hour}:${minute}:${second}Z`);
  // `Date` takes a 31st of February for the 3rd of March.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date) return undefined;
  const offsetMs = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === "-" ? -1 : 1);
  return ms - offsetMs + Number(`0.${fraction}`) * 1000;
}

function readOrRefuse(text: string): number | string {
  try {
    return parseTimestamp(text);
  } catch (error) {
    return error instanceof RangeError ? "refused" : String(error);
  }
}

test("`parseTimestamp()` reads exactly the texts of the form, whatever is changed in one", () => {
  const two = fc
    .oneof(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 99 }))
    .map((number) => String(number).padStart(2, "0"));
  const near = fc
    .record({
      year: fc.oneof(
        fc.constantFrom("0000", "1900", "2000", "2024", "9999"),
        two.map((n) => `20${n}`),
      ),
      parts: fc.tuple(fc.constantFrom("01", "02", "04", "12", "13", "00"), two, two, two, two),
      fraction: fc.constantFrom("", ".", ".1", ".123456", ".123456789", ".1234567891"),
      offset: fc.oneof(
        fc.constantFrom("Z", "", "z", "+5:30", "+05:30", "-00:00", "+24:00", "+05:60", "+05:30 "),
        fc.tuple(fc.constantFrom("+", "-"), two, two).map(([sign, h, m]) => `${sign}${h}:${m}`),
      ),
    })
    .map(
      ({ year, parts: [month, day, h, m, s], fraction, offset }) =>
        `${year}-${month}-${day}T${h}:${m}:${s}${fraction}${offset}`,
    );
  const spoilt = fc
    .tuple(near, fc.nat(40), fc.constantFrom("", " ", "x", "٣", "-", ":", "7", "\n"))
    .map(([text, at, sign]) => text.slice(0, at) + sign + text.slice(at + 1));
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(near, spoilt), (text) => {
      const expected = readByForm(text);
      if (expected !== undefined) read += 1;
      expect(readOrRefuse(text)).toBe(expected ?? "refused");
    }),
    { numRuns: 5000 },
  );
  expect(read).toBeGreaterThan(100);
});

import type { Timestamp } from "./conversation.js";

const MS_PER_MINUTE = 60_000;

/**
 * Writes a moment in the record's form: `2025-08-18T14:30:22.123456+05:30`.
 *
 * `epochMs` is in milliseconds since 1970. Its fraction is kept to the microsecond. The offset is this
 * machine's at that moment, unless `offsetMinutes` is given (east of Greenwich is positive).
 *
 * Throws a `RangeError` if `epochMs` is no moment between the years 0 and 9999.
 */
export function toTimestamp(epochMs: number, offsetMinutes?: number): Timestamp {
  const epochMicros = Math.round(epochMs * 1000);
  const wholeMs = Math.floor(epochMicros / 1000);
  const offset = offsetMinutes ?? -Math.round(new Date(wholeMs).getTimezoneOffset());
  // The wall clock is computed from the rounded offset, so that both always agree. Zones of the
  // nineteenth century had offsets with seconds, which the numeric form cannot express.
  const wall = new Date(wholeMs + offset * MS_PER_MINUTE);
  const year = wall.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError(
      `Cannot write ${epochMs} as a timestamp: expected milliseconds since 1970 in the years 0 to 9999`,
    );
  }
  const micros = wall.getUTCMilliseconds() * 1000 + (epochMicros - wholeMs * 1000);
  const date = `${digits(year, 4)}-${digits(wall.getUTCMonth() + 1, 2)}-${digits(wall.getUTCDate(), 2)}`;
  const time = [wall.getUTCHours(), wall.getUTCMinutes(), wall.getUTCSeconds()]
    .map((part) => digits(part, 2))
    .join(":");
  return `${date}T${time}.${digits(micros, 6)}${formatOffset(offset)}`;
}

/**
 * Reads a timestamp as milliseconds since 1970, with microseconds as the fraction. Also reads up to
 * nine decimals, and `Z` as the offset.
 *
 * Throws a `RangeError` for any other text, and for days and times that do not exist.
 */
export function parseTimestamp(timestamp: Timestamp): number {
  if (typeof timestamp !== "string") throw notATimestamp(timestamp);
  // It is read by position: a call of 100,000 messages has a million times, and a regular expression
  // would take most of the time of `show`.
  const [year, month, day] = [
    numberAt(timestamp, 0, 4),
    twoDigits(timestamp, 5),
    twoDigits(timestamp, 8),
  ];
  const [hour, minute, second] = [
    twoDigits(timestamp, 11),
    twoDigits(timestamp, 14),
    twoDigits(timestamp, 17),
  ];
  const isForm =
    timestamp[4] === "-" &&
    timestamp[7] === "-" &&
    timestamp[10] === "T" &&
    timestamp[13] === ":" &&
    timestamp[16] === ":";
  const wallMs = isForm ? toWallMs([year, month, day], [hour, minute, second]) : undefined;
  let end = SECONDS_END;
  let fractionMs = 0;
  if (timestamp[end] === ".") {
    end = findDigitsEnd(timestamp, end + 1);
    if (end === SECONDS_END + 1 || end > SECONDS_END + 1 + MAX_DECIMALS)
      throw notATimestamp(timestamp);
    fractionMs = Number(timestamp.slice(SECONDS_END, end)) * 1000;
  }
  const offsetMs = readOffset(timestamp, end);
  if (wallMs === undefined || offsetMs === undefined) throw notATimestamp(timestamp);
  return wallMs - offsetMs + fractionMs;
}

/** Where the seconds end. */
const SECONDS_END = 19;
const MAX_DECIMALS = 9;

/** The offset at the end of a timestamp, in milliseconds; undefined if it is none. */
function readOffset(timestamp: string, start: number): number | undefined {
  const sign = timestamp[start];
  if (sign === "Z") return timestamp.length === start + 1 ? 0 : undefined;
  if ((sign !== "+" && sign !== "-") || timestamp.length !== start + 6) return undefined;
  const [hours, minutes] = [twoDigits(timestamp, start + 1), twoDigits(timestamp, start + 4)];
  // `NaN` stands for what is no digit, and fails both comparisons.
  if (timestamp[start + 3] !== ":" || !(hours < 24) || !(minutes < 60)) return undefined;
  return (hours * 60 + minutes) * MS_PER_MINUTE * (sign === "-" ? -1 : 1);
}

const ZERO = 0x30;

/** The number of `count` digits; `NaN` if one is no digit. */
function numberAt(text: string, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

function twoDigits(text: string, start: number): number {
  return numberAt(text, start, 2);
}

function findDigitsEnd(text: string, start: number): number {
  let end = start;
  while (numberAt(text, end, 1) >= 0) end += 1;
  return end;
}

const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * The time as UTC milliseconds; undefined if it does not exist. No `Date` is made, because a call has
 * hundreds of times.
 */
function toWallMs(
  [year, month, day]: readonly [number, number, number],
  [hour, minute, second]: readonly [number, number, number],
): number | undefined {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && !isLeap ? 28 : (DAYS_IN_MONTH[month - 1] ?? 0);
  // `NaN` stands for what is no digit, and fails each comparison.
  if (!(day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60)) return undefined;
  if (Number.isNaN(year)) return undefined;
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999; the calendar is the same 400 years later.
  const dayMs = Date.UTC(year + 400, month - 1, day, hour, minute, second);
  return dayMs - DAYS_OF_400_YEARS * 86_400_000;
}

const DAYS_OF_400_YEARS = 146_097;

/**
 * Reads a timestamp like `parseTimestamp()`; undefined if there is none, or if the day or time does not
 * exist. The schema checks only the form, so a file may hold a 31st of February.
 */
export function readTimestamp(timestamp: Timestamp | undefined): number | undefined {
  if (timestamp === undefined) return undefined;
  try {
    return parseTimestamp(timestamp);
  } catch {
    return undefined;
  }
}

function notATimestamp(text: string): RangeError {
  return new RangeError(
    `Cannot read timestamp "${text}": expected the form 2025-08-18T14:30:22.123456+05:30`,
  );
}

function formatOffset(offsetMinutes: number): string {
  const sign = offsetMinutes < 0 ? "-" : "+";
  const size = Math.abs(offsetMinutes);
  return `${sign}${digits(Math.floor(size / 60), 2)}:${digits(size % 60, 2)}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}

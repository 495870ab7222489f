import type { Timestamp } from "./conversation.js";

const MS_PER_MINUTE = 60_000;
const SHAPE =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/;

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
  const match = SHAPE.exec(timestamp);
  if (match === null) throw notATimestamp(timestamp);
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = "",
    sign,
    offsetHours,
    offsetMinutes,
  ] = match;
  const wallMs = toWallMs(
    [Number(year), Number(month), Number(day)],
    [Number(hour), Number(minute), Number(second)],
  );
  if (wallMs === undefined) throw notATimestamp(timestamp);
  const offset = sign === undefined ? 0 : Number(offsetHours) * 60 + Number(offsetMinutes);
  if (offset >= 24 * 60 || Number(offsetMinutes ?? 0) > 59) throw notATimestamp(timestamp);
  const wholeMs = wallMs - (sign === "-" ? -offset : offset) * MS_PER_MINUTE;
  return wholeMs + Number(`0.${fraction}`) * 1000;
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
  if (day < 1 || day > days || hour > 23 || minute > 59 || second > 59) return undefined;
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

import { readTimestamp } from "../../record/index.js";
import { QueryError } from "./query-error.js";

const UNIT_S: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const LENGTH = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)?$/;
const DATE =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}(?:\.\d{1,9})?))?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A length in seconds: `2s`, `500ms`, `1.5m`, `7d`, or a number of seconds. */
function readLength(text: string): number | undefined {
  const [, amount, unit = "s"] = LENGTH.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (UNIT_S[unit] ?? 1);
}

/** The test for `>2s`, `>=2s`, `<30s`, `<=1m` or `=0`. A length alone means "at least". */
export function readComparison(text: string): (value: number) => boolean {
  const [, sign, given = ""] = /^(>=|<=|>|<|=)?(.*)$/s.exec(text) ?? [];
  const length_s = readLength(given);
  if (length_s === undefined)
    throw new QueryError(`"${text}" is no comparison; it has the form >2s, <=500ms or 1m`);
  if (sign === ">") return (value) => value > length_s;
  if (sign === "<") return (value) => value < length_s;
  if (sign === "<=") return (value) => value <= length_s;
  if (sign === "=") return (value) => value === length_s;
  return (value) => value >= length_s;
}

/**
 * Reads a moment as epoch milliseconds: `7d` ago, `today`, `yesterday`, a day, or a day with a time.
 * A day or time without an offset is one of this machine's time zone.
 *
 * @throws {QueryError} for any other text, and for days and times that do not exist
 */
export function readMoment(text: string, now: Date): number {
  // A number alone is a length for a comparison, but no moment.
  const length_s = /[a-z]$/.test(text) ? readLength(text) : undefined;
  if (length_s !== undefined) return now.getTime() - length_s * 1000;
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  if (text === "today") return midnight.getTime();
  if (text === "yesterday") return midnight.setDate(midnight.getDate() - 1);
  const moment = readDate(text);
  if (moment === undefined)
    throw new QueryError(
      `"${text}" is no moment; it has the form 7d, 2h, today, yesterday, 2026-11-22 or 2026-11-22T14:30`,
    );
  return moment;
}

/** `Date.parse` alone takes `7` for July and the 31st of February for the 3rd of March. */
function readDate(text: string): number | undefined {
  const [, day, time = "00:00", second = "00", offset] = DATE.exec(text) ?? [];
  if (day === undefined) return undefined;
  const clock = `${day}T${time}:${second}`;
  const existingMs = readTimestamp(`${clock}${offset ?? "Z"}`);
  return existingMs === undefined || offset !== undefined ? existingMs : Date.parse(clock);
}

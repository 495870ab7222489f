import { parseJson } from "../record/parse-json.js";
import { type JsonValue, type Timestamp, readTimestamp, toTimestamp } from "../record/index.js";

/** An object of foreign JSON, of which nothing is known. */
export type Fields = { readonly [key: string]: unknown };

export function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;
}

/** The object at a key; an empty one if there is none. */
export function fieldsAt(fields: Fields, key: string): Fields {
  return asFields(fields[key]) ?? {};
}

/** The objects of the list at a key. Other items are left out. */
export function listAt(fields: Fields, key: string): Fields[] {
  const list = fields[key];
  if (!Array.isArray(list)) return [];
  return list.map(asFields).filter((item) => item !== undefined);
}

/** The text at a key; undefined if there is none, or an empty one. */
export function textAt(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The finite number at a key. */
export function numberAt(fields: Fields, key: string): number | undefined {
  const value = fields[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A span of time that cannot be negative, in the unit of the file. */
export function durationAt(fields: Fields, key: string): number | undefined {
  const value = numberAt(fields, key);
  return value !== undefined && value >= 0 ? value : undefined;
}

/**
 * The moment at a key, in milliseconds since 1970. `unit` is the unit of a number there; a text is read
 * as in ISO 8601. A moment before 1990 is none, because software writes 0 for "not known".
 */
export function momentAt(fields: Fields, key: string, unit: "s" | "ms"): number | undefined {
  const value = fields[key];
  const ms =
    typeof value === "string"
      ? readIsoTime(value)
      : typeof value === "number"
        ? value * (unit === "s" ? 1000 : 1)
        : undefined;
  return isMoment(ms) ? ms : undefined;
}

const EARLIEST_MS = Date.UTC(1990, 0, 1);
const LATEST_MS = Date.UTC(2200, 0, 1);

export function isMoment(ms: number | undefined): ms is number {
  return ms !== undefined && ms >= EARLIEST_MS && ms < LATEST_MS;
}

/** A time with an offset. Without one nobody knows the moment. */
function readIsoTime(text: string): number | undefined {
  return readTimestamp(text.trim().replace(" ", "T"));
}

/** The moment in the form of the record; undefined if there is none. */
export function timestampOf(ms: number | undefined): Timestamp | undefined {
  return isMoment(ms) ? toTimestamp(ms) : undefined;
}

/** JSON text as its value, e.g. the arguments of a tool. Text that is no JSON stays a text. */
export function parseJsonText(value: unknown): JsonValue | undefined {
  if (typeof value !== "string") return toJsonValue(value);
  try {
    // It bounds the depth, because whoever writes the value goes into each level.
    return parseJson(value, "it") as JsonValue;
  } catch {
    return value;
  }
}

/** A value of parsed JSON; undefined if there is none. */
export function toJsonValue(value: unknown): JsonValue | undefined {
  return value === undefined || value === null ? undefined : (value as JsonValue);
}

/** An object with the key, or an empty one if there is no value. */
export function present<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}

/** Seconds to the microsecond, because 0.1 + 0.2 is 0.3 in a file that people read. */
export function roundSeconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

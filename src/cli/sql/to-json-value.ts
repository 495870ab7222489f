import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBUnionValue,
  type DuckDBValue,
  DuckDBVariantValue,
} from "@duckdb/node-api";
import type { JsonValue } from "../../record/index.js";

// Else the result depends on where it runs.
DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;

/** A decimal with more digits than this may be another number after a reader made a double of it. */
const EXACT_DIGITS = 15;
const LAST_DAY = 2_147_483_647;
const MOMENT = /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(\+00)?$/;

/**
 * A value of DuckDB as JSON that loses nothing of it. A number that a double cannot hold is a string of
 * its digits. Times are ISO 8601, intervals are as DuckDB writes them, and bytes are hex digits. Pure.
 */
export function toJsonValue(value: DuckDBValue): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof DuckDBDecimalValue) return toNumberIfExact(value.toString());
  if (value instanceof DuckDBDateValue) return nameDay(value);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(toJsonValue);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, entry]) => [name, toJsonValue(entry)]),
    );
  if (value instanceof DuckDBMapValue)
    return value.entries.map(({ key, value: entry }) => ({
      key: toJsonValue(key),
      value: toJsonValue(entry),
    }));
  if (value instanceof DuckDBUnionValue) return { tag: value.tag, value: toJsonValue(value.value) };
  if (value instanceof DuckDBVariantValue) return toJsonValue(value.value);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString("hex");
  return value
    .toString()
    .replace(MOMENT, (_, day: string, time: string, offset: string | undefined) =>
      [day, "T", time, offset === undefined ? "" : "+00:00"].join(""),
    );
}

function toNumberIfExact(text: string): JsonValue {
  const digits = text.replace(/^-?0*\.?0*/, "").replace(".", "");
  return digits.length <= EXACT_DIGITS ? Number(text) : text;
}

function nameDay(value: DuckDBDateValue): string {
  if (Math.abs(value.days) !== LAST_DAY) return value.toString();
  return value.days > 0 ? "infinity" : "-infinity";
}

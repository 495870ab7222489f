import { toTimestamp } from "../../record/index.js";
import { instantOf } from "./timeline.js";

const FORM = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d$/;
const OFFSET = /([+-])(\d{2}):(\d{2})$/;

/** Whether a text has exactly the record's form of a timestamp. Other readable forms do not count. */
export function isInForm(timestamp: string): boolean {
  return FORM.test(timestamp);
}

/** Converts a timestamp, e.g. one that ends in `Z`, to the record's form; `undefined` if it is none. */
export function inForm(timestamp: unknown): string | undefined {
  if (typeof timestamp !== "string") return undefined;
  const instantMs = instantOf(timestamp);
  if (instantMs === undefined) return undefined;
  if (isInForm(timestamp)) return timestamp;
  return toTimestamp(instantMs, offsetMinutesOf(timestamp));
}

export function offsetMinutesOf(timestamp: string): number {
  const [, sign, hours, minutes] = OFFSET.exec(timestamp) ?? [];
  const size = Number(hours ?? 0) * 60 + Number(minutes ?? 0);
  return sign === "-" ? -size : size;
}

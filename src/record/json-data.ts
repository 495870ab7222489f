import type { JsonValue } from "./index.js";

/** Limits of the data that the agent's own code may add to a record at once. */
export const DATA_LIMITS = {
  /** Bytes of the JSON of an event's data, or of all attributes of a session. */
  bytes: 16 * 1024,
  /** The deepest nesting of objects and lists. */
  depth: 16,
  /** Characters of the name of an event or an attribute. */
  nameChars: 64,
} as const;

export type JsonObject = { [key: string]: JsonValue };

/**
 * Copies an object of JSON values, so that later changes to it have no effect. Keys whose value is
 * undefined are left out, as by `JSON.stringify`.
 *
 * @param name the name of the object in error messages
 * @throws {TypeError} names the value that JSON cannot carry, or says that the object is too big
 */
export function copyJsonObject(data: unknown, name = "data"): JsonObject {
  needPlainObject(data);
  // Several places may share one list, so the JSON may be far bigger than the memory.
  const budget = { values: DATA_LIMITS.bytes };
  const copy = copyObject(data, name, 1, budget);
  const bytes = Buffer.byteLength(JSON.stringify(copy));
  if (bytes > DATA_LIMITS.bytes)
    throw new TypeError(`it has ${bytes} bytes as JSON, the limit is ${DATA_LIMITS.bytes}`);
  return copy;
}

/** @throws {TypeError} says what the value is instead */
export function needPlainObject(data: unknown): asserts data is object {
  if (!isPlainObject(data)) throw new TypeError(`${nameOf(data)} is no object of JSON values`);
}

type Budget = { values: number };

function copyObject(data: object, path: string, depth: number, budget: Budget): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(data)) {
    if (value !== undefined)
      entries.push([key, copyValue(value, `${path}.${key}`, depth + 1, budget)]);
  }
  return Object.fromEntries(entries);
}

function copyValue(value: unknown, path: string, depth: number, budget: Budget): JsonValue {
  budget.values -= 1;
  if (budget.values < 0) throw new TypeError(`it has over ${DATA_LIMITS.bytes} values`);
  if (depth > DATA_LIMITS.depth)
    throw new TypeError(`"${path}" lies deeper than ${DATA_LIMITS.depth} levels`);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) {
    // `map()` skips holes, so the length is checked first.
    if (value.length > budget.values)
      throw new TypeError(`it has over ${DATA_LIMITS.bytes} values`);
    return value.map((each, index) => copyValue(each, `${path}[${index}]`, depth + 1, budget));
  }
  if (isPlainObject(value)) return copyObject(value, path, depth, budget);
  throw new TypeError(`"${path}" is ${nameOf(value)}, which JSON cannot carry`);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another context (a worker, a test's sandbox) has another `Object.prototype`.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  return Array.isArray(value) ? "a list" : `a ${value.constructor.name}`;
}

/** A value as people read it: a text as it is, everything else as JSON. Pure. */
export function textOfJson(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Like `textOfJson()`; undefined if there is nothing, or `null`. Pure. */
export function textOfData(value: JsonValue | undefined): string | undefined {
  return value === undefined || value === null ? undefined : textOfJson(value);
}

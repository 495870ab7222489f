/**
 * The only code that decides which values get their own line in a document. A message fits on a screen,
 * and a call is read by scrolling:
 *
 * - Each key of an entry (a message, an event, the session, the metrics) has a line.
 * - A list of objects, such as `words`, has a line for each of them.
 * - `latency`, `data` and `attributes` have a line for each of their keys.
 * - Any other value is on one line: `audio`, `latency.marks`, a list of texts.
 */
const OPEN_KEYS = new Set(["latency", "data", "attributes"]);

/** Below this depth a line has no spaces, because nobody reads values this deep on a screen. */
const SPACED_DEPTH = 8;

const PLAIN_KEY = /^[\w.@/-]+$/;

type Entry = { readonly [key: string]: unknown };

/**
 * An entry as JSON, indented by two spaces a level, with `keys` first and in their order. All lines
 * except the first begin with `indent`. It holds what `JSON.stringify` takes from the entry. Pure.
 */
export function layOutEntry(entry: object, keys: readonly string[], indent: string): string {
  const values = entry as Entry;
  const inner = `${indent}  `;
  const lines: string[] = [];
  for (const key of orderKeys(values, keys)) {
    const value = values[key];
    if (value !== undefined) lines.push(`${inner}${quoteKey(key)}: ${layOut(value, key, inner)}`);
  }
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}

function orderKeys(entry: Entry, keys: readonly string[]): string[] {
  const first = keys.filter((key) => Object.hasOwn(entry, key));
  const all = Object.keys(entry);
  return first.length === all.length ? first : [...first, ...all.filter(isNoneOf(keys))];
}

function isNoneOf(keys: readonly string[]): (key: string) => boolean {
  const known = new Set(keys);
  return (key) => !known.has(key);
}

function layOut(value: unknown, key: string | undefined, indent: string): string {
  if (typeof value !== "object" || value === null) return onOneLine(value, 0);
  if (Array.isArray(value)) return layOutList(value, indent);
  if (key === undefined || !OPEN_KEYS.has(key)) return onOneLine(value, 0);
  const lines: string[] = [];
  for (const [name, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    lines.push(`${indent}  ${quoteKey(name)}: ${layOut(inner, undefined, `${indent}  `)}`);
  }
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}

function layOutList(items: readonly unknown[], indent: string): string {
  if (typeof items[0] !== "object" || items[0] === null) return onOneLine(items, 0);
  const lines = items.map((item) => `${indent}  ${onOneLine(item, 0)}`);
  return `[\n${lines.join(",\n")}\n${indent}]`;
}

/** Written out for speed, because word times are the greater part of a document. */
function onOneLine(value: unknown, depth: number): string {
  if (typeof value === "number" && Number.isFinite(value)) return `${value}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (depth === SPACED_DEPTH) return JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value) {
      text += `${text === "" ? "" : ", "}${onOneLine(item, depth + 1)}`;
    }
    return `[${text}]`;
  }
  const values = value as Entry;
  for (const key of Object.keys(values)) {
    const inner = values[key];
    if (inner === undefined) continue;
    text += `${text === "" ? "" : ", "}${quoteKey(key)}: ${onOneLine(inner, depth + 1)}`;
  }
  return text === "" ? "{}" : `{ ${text} }`;
}

function quoteKey(key: string): string {
  return PLAIN_KEY.test(key) ? `"${key}"` : JSON.stringify(key);
}

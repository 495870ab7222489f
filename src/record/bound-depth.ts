/**
 * The deepest nesting of objects and lists that is read. TalkTrace itself writes about ten levels. Our
 * readers walk a value recursively, and the stack overflows at some thousands of levels.
 */
export const MAX_DEPTH = 500;

/** Replaces a value that is nested deeper than `MAX_DEPTH`. */
export const DEPTH_MARK = "[nested too deeply: left out by TalkTrace]";

/**
 * Replaces values nested deeper than `MAX_DEPTH` by `DEPTH_MARK`, in a value that was parsed from JSON.
 * On request it also removes `__proto__` keys. Changes the value itself, and returns it.
 */
export function boundDepth(value: unknown, { dropsProto = false } = {}): unknown {
  cutBelow(value, 1, dropsProto);
  return value;
}

function cutBelow(value: unknown, depth: number, dropsProto: boolean): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    // `for in` would make a text of the place of each item.
    for (let at = 0; at < value.length; at += 1) {
      const inner: unknown = value[at];
      if (typeof inner !== "object" || inner === null) continue;
      if (depth >= MAX_DEPTH) value[at] = DEPTH_MARK;
      else cutBelow(inner, depth + 1, dropsProto);
    }
    return;
  }
  const held = value as { [key: string]: unknown };
  for (const key in held) {
    if (dropsProto && key === "__proto__") {
      Reflect.deleteProperty(held, key);
      continue;
    }
    const inner = held[key];
    if (typeof inner !== "object" || inner === null) continue;
    if (depth >= MAX_DEPTH) held[key] = DEPTH_MARK;
    else cutBelow(inner, depth + 1, dropsProto);
  }
}

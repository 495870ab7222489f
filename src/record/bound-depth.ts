/**
 * Objects and lists within each other that are read. TalkTrace itself writes about ten. What walks
 * over a value in our readers calls itself for each level, and the stack ends at some thousands.
 */
export const MAX_DEPTH = 500;

/** What stands in the place of a value that lies deeper than `MAX_DEPTH`. */
export const DEPTH_MARK = "[nested too deeply: left out by TalkTrace]";

/**
 * Replaces what lies deeper than `MAX_DEPTH` in a value that was parsed from JSON by `DEPTH_MARK`,
 * and takes its `__proto__` keys out where that is asked for. Changes the value itself, and gives it
 * back.
 */
export function boundDepth(value: unknown, { dropsProto = false } = {}): unknown {
  cutBelow(value, 1, dropsProto);
  return value;
}

function cutBelow(value: unknown, depth: number, dropsProto: boolean): void {
  if (typeof value !== "object" || value === null) return;
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

const isFull = process.env["FULL_COUNTS"] === "1";

/**
 * How many cases a test tries: few in `npm test`, because a fault is nearly always found by the
 * first ones, and all where `FULL_COUNTS=1` asks for it, as CI does in its second run.
 */
export function countOf(usual: number, full: number): number {
  return isFull ? full : usual;
}

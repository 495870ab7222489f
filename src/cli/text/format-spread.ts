import type { Spread } from "../../insight/index.js";

/** A spread in one line: `0.99 s (median of 7; 0.90 to 1.13)`, with P95 and P99 if they are known. */
export function formatSpread({ n, min, p50, p95, p99, max }: Spread): string {
  const high = [
    ...(p95 === undefined ? [] : [`; p95 ${p95.toFixed(2)}`]),
    ...(p99 === undefined ? [] : [`; p99 ${p99.toFixed(2)}`]),
  ].join("");
  return `${p50.toFixed(2)} s (median of ${n}; ${min.toFixed(2)} to ${max.toFixed(2)}${high})`;
}

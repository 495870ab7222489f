/** How values are spread, to a millionth. A percentile is left out where too few values would make it up. */
export interface Spread {
  n: number;
  min: number;
  p50: number;
  /** From 20 values on. */
  p95?: number;
  /** From 100 values on. */
  p99?: number;
  max: number;
}

const SMALLEST_N_FOR_P95 = 20;
const SMALLEST_N_FOR_P99 = 100;

/** Undefined without values. Percentiles are linear between the two nearest ranks. Pure. */
export function describeSpread(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const n = sorted.length;
  return {
    n,
    min: round(min),
    p50: percentile(sorted, 0.5),
    ...(n < SMALLEST_N_FOR_P95 ? {} : { p95: percentile(sorted, 0.95) }),
    ...(n < SMALLEST_N_FOR_P99 ? {} : { p99: percentile(sorted, 0.99) }),
    max: round(max),
  };
}

function percentile(sorted: readonly number[], share: number): number {
  const rank = share * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? NaN;
  const above = sorted[Math.ceil(rank)] ?? NaN;
  return round(below + (above - below) * (rank - Math.floor(rank)));
}

/** Differences of decimal fractions end in noise that nobody measured. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

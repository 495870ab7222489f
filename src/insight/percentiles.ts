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
export function describeSpread(values: ArrayLike<number>): Spread | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const ranked = Float64Array.from(values);
  const p50 = percentile(ranked, 0.5, 0);
  // What is above the median is to the right of it now.
  const from = Math.floor(0.5 * (n - 1));
  const p95 = n < SMALLEST_N_FOR_P95 ? undefined : percentile(ranked, 0.95, from);
  const p99 =
    n < SMALLEST_N_FOR_P99 ? undefined : percentile(ranked, 0.99, Math.floor(0.95 * (n - 1)));
  return {
    n,
    min: round(ranked.reduce((least, value) => Math.min(least, value), Infinity)),
    p50,
    ...(p95 !== undefined && { p95 }),
    ...(p99 !== undefined && { p99 }),
    max: round(ranked.reduce((most, value) => Math.max(most, value), -Infinity)),
  };
}

/** @param from the place from which on all values are at least those before it */
function percentile(values: Float64Array, share: number, from: number): number {
  const rank = share * (values.length - 1);
  const place = Math.floor(rank);
  moveToPlace(values, place, from);
  const below = values[place]!;
  if (rank === place) return round(below);
  let above = Infinity;
  for (let next = place + 1; next < values.length; next += 1)
    above = Math.min(above, values[next]!);
  return round(below + (above - below) * (rank - place));
}

/**
 * Puts the value there that sorting would put there, with no greater one before it and no smaller one
 * behind it (Hoare's selection): one percentile of 250,000 values needs no sorting of all of them.
 */
function moveToPlace(values: Float64Array, place: number, from: number): void {
  let [low, high] = [from, values.length - 1];
  while (low < high) {
    const pivot = medianOf(values[low]!, values[(low + high) >> 1]!, values[high]!);
    let [left, right] = [low, high];
    while (left <= right) {
      while (values[left]! < pivot) left += 1;
      while (values[right]! > pivot) right -= 1;
      if (left > right) break;
      const kept = values[left]!;
      values[left] = values[right]!;
      values[right] = kept;
      left += 1;
      right -= 1;
    }
    if (place <= right) high = right;
    else if (place >= left) low = left;
    else return;
  }
}

function medianOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** Differences of decimal fractions end in noise that nobody measured. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

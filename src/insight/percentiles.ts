/**
 * The distribution of values, rounded to a millionth. A percentile is left out if there are too few
 * values for it.
 */
export interface Spread {
  n: number;
  min: number;
  p50: number;
  /** Only with 20 values or more. */
  p95?: number;
  /** Only with 100 values or more. */
  p99?: number;
  max: number;
}

export const SMALLEST_N_FOR_P95 = 20;
const SMALLEST_N_FOR_P99 = 100;

/** Undefined without values. Percentiles are interpolated linearly between the two nearest ranks. Pure. */
export function describeSpread(values: ArrayLike<number>): Spread | undefined {
  const n = values.length;
  if (n === 0) return undefined;
  const ranked = Float64Array.from(values);
  const p50 = percentile(ranked, 0.5, 0);
  // All values above the median are to the right of it now.
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

/** @param from all values from this place on are at least as large as those before it */
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
 * Moves the value to `place` that sorting would put there. No greater value is before it, and no
 * smaller one after it (Hoare's selection). So one percentile of 250,000 values needs no sorting.
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

/** Removes the error of binary fractions, which nobody measured. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

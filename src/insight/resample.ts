/**
 * The values of many calls. Calls are drawn, and not values, because the values of one call depend on
 * each other.
 */
export interface CallValues {
  /** Sorted. */
  values: Float64Array;
  /** The call of each value, as an index. */
  calls: Uint32Array;
  callCount: number;
}

/** Joins the values of all calls, without NaN. Pure. */
export function poolValues(perCall: readonly ArrayLike<number>[]): CallValues {
  const pairs: { value: number; call: number }[] = [];
  for (const [call, values] of perCall.entries())
    for (let at = 0; at < values.length; at += 1)
      if (!Number.isNaN(values[at]!)) pairs.push({ value: values[at]!, call });
  pairs.sort((a, b) => a.value - b.value);
  return {
    values: Float64Array.from(pairs, ({ value }) => value),
    calls: Uint32Array.from(pairs, ({ call }) => call),
    callCount: perCall.length,
  };
}

/** How often each call was drawn. */
export type Draw = Uint32Array;

/** Draws as many calls as there are, each time from all of them. The seed fixes the random numbers. */
export function createDraws(seed: number): (callCount: number) => Draw {
  let state = seed >>> 0;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return (callCount) => {
    const drawn = new Uint32Array(callCount);
    for (let n = 0; n < callCount; n += 1) drawn[Math.floor(next() * callCount)]! += 1;
    return drawn;
  };
}

/**
 * A percentile of the drawn calls' values, interpolated linearly between the two nearest ranks; NaN if
 * no drawn call has a value. Pure.
 */
export function percentileOfDraw({ values, calls }: CallValues, draw: Draw, share: number): number {
  let total = 0;
  for (let at = 0; at < calls.length; at += 1) total += draw[calls[at]!]!;
  if (total === 0) return NaN;
  const rank = share * (total - 1);
  const place = Math.floor(rank);
  let before = 0;
  let below = NaN;
  for (let at = 0; at < values.length; at += 1) {
    before += draw[calls[at]!]!;
    if (Number.isNaN(below) && before > place) below = values[at]!;
    if (before > place + 1 || (rank === place && before > place))
      return below + (values[at]! - below) * (rank - place);
  }
  return below;
}

/** The mean over the drawn calls, with one value a call; NaN without calls. Pure. */
export function meanOfDraw(perCall: ArrayLike<number>, draw: Draw): number {
  let sum = 0;
  for (let call = 0; call < draw.length; call += 1) sum += perCall[call]! * draw[call]!;
  return sum / draw.length;
}

/** The interval of the middle `level` of some results. Pure. */
export function middleOf(
  results: readonly number[],
  level: number,
): { low: number; high: number } | undefined {
  const sorted = Float64Array.from(results.filter((result) => !Number.isNaN(result))).toSorted();
  if (sorted.length === 0) return undefined;
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))]!;
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}

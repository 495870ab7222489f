import type { Fields } from "../fields.js";

/** Something that happened within a span. */
export interface SpanMoment {
  name: string;
  /** In milliseconds since 1970. */
  atMs: number | undefined;
  attributes: Fields;
}

/**
 * A span as a file or a request has it. Nothing of it is sure but its ids: a time that cannot be is
 * missing, and an attribute may have any type.
 */
export interface ReceivedSpan {
  /** 32 lower-case hex digits. */
  traceId: string;
  /** 16 lower-case hex digits. */
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** The name of its instrumentation scope. */
  scope: string;
  resource: Fields;
  /** In milliseconds since 1970, with a fraction. */
  startMs: number | undefined;
  endMs: number | undefined;
  attributes: Fields;
  moments: readonly SpanMoment[];
  /** Its status says that it failed. */
  isFailed: boolean;
  statusMessage: string | undefined;
}

/** When a span began, for its place among others. A span without any time comes first. */
export function orderOf({ startMs, endMs }: ReceivedSpan): number {
  return startMs ?? endMs ?? 0;
}

/** Spans by their start. Their ids order those of one moment, so any order of arrival gives the same. */
export function byStart(a: ReceivedSpan, b: ReceivedSpan): number {
  return orderOf(a) - orderOf(b) || compareText(a.spanId, b.spanId);
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The last item that came not after a moment, in a list that is sorted by `timeOf`. */
export function findLastBefore<T>(
  sorted: readonly T[],
  atMs: number,
  timeOf: (item: T) => number,
): T | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = sorted[middle];
    if (item !== undefined && timeOf(item) <= atMs) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}

/** Items by a key, in their order. Node 20 has no `Map.groupBy()`. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

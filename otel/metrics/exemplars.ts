import type { Attributes, SpanContext } from "@opentelemetry/api";

/** One measured value, and the span on which it was measured. */
export interface Exemplar {
  value: number;
  epochMs: number;
  span: SpanContext;
}

/** Keeps the latest value of each bucket of each series, until it was sent. */
export interface Exemplars {
  note(
    metric: { name: string; boundaries?: readonly number[] },
    attributes: Attributes,
    value: number,
    span: SpanContext,
  ): void;
  /** The exemplars of a series. They are kept, because the request may fail. */
  of(metricName: string, attributes: Attributes): Exemplar[];
  /** Removes exemplars that were sent. Newer ones stay. */
  forget(sent: readonly Exemplar[]): void;
}

/** The most exemplars that are kept. Further buckets get none until the next export. */
const MAX_EXEMPLARS = 2000;

/**
 * Exemplars lead from a bucket of a histogram to a trace in it. OTLP has a place for them, but the
 * JavaScript SDK 2.9 does not make them.
 */
export function createExemplars(): Exemplars {
  const kept = new Map<string, Map<number, Exemplar>>();
  let size = 0;

  return {
    note({ name, boundaries = [] }, attributes, value, span) {
      const key = keyOf(name, attributes);
      let buckets = kept.get(key);
      if (buckets === undefined) kept.set(key, (buckets = new Map()));
      const bucket = boundaries.findIndex((bound) => value <= bound);
      if (!buckets.has(bucket)) {
        if (size >= MAX_EXEMPLARS) return;
        size += 1;
      }
      buckets.set(bucket, { value, epochMs: Date.now(), span });
    },
    of(metricName, attributes) {
      return [...(kept.get(keyOf(metricName, attributes))?.values() ?? [])];
    },
    forget(sent) {
      const gone = new Set(sent);
      for (const [key, buckets] of kept) {
        for (const [bucket, exemplar] of buckets) {
          if (gone.has(exemplar) && buckets.delete(bucket)) size -= 1;
        }
        if (buckets.size === 0) kept.delete(key);
      }
    },
  };
}

function keyOf(name: string, attributes: Attributes): string {
  return JSON.stringify([
    name,
    Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

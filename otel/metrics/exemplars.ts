import type { Attributes, SpanContext } from "@opentelemetry/api";

/** One measured value and the span it was measured on. */
export interface Exemplar {
  value: number;
  epochMs: number;
  span: SpanContext;
}

/** Keeps, of each bucket of each series, the value that was measured last, until it was sent. */
export interface Exemplars {
  note(
    metric: { name: string; boundaries?: readonly number[] },
    attributes: Attributes,
    value: number,
    span: SpanContext,
  ): void;
  /** What a series has. It stays, since a request may fail. */
  of(metricName: string, attributes: Attributes): Exemplar[];
  /** Lets go of what was sent; what was measured in the meantime stays. */
  forget(sent: readonly Exemplar[]): void;
}

/** Series and buckets of them: what comes on top has no exemplar until the next export. */
const MAX_EXEMPLARS = 2000;

/**
 * The JavaScript SDK has no exemplars in 2.9, though OTLP has a place for them: they lead from a
 * bucket of a histogram to a trace that is in it.
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

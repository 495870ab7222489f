import type { Attributes, SpanContext } from "@opentelemetry/api";

/** One measured value and the span it was measured on. */
export interface Exemplar {
  value: number;
  epochMs: number;
  span: SpanContext;
}

/** Keeps, of each bucket of each series, the value that was measured last, until it is taken. */
export interface Exemplars {
  note(
    metric: { name: string; boundaries?: readonly number[] },
    attributes: Attributes,
    value: number,
    span: SpanContext,
  ): void;
  /** Gives what a series has, once. */
  take(metricName: string, attributes: Attributes): Exemplar[];
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
    take(metricName, attributes) {
      const key = keyOf(metricName, attributes);
      const buckets = kept.get(key);
      kept.delete(key);
      size -= buckets?.size ?? 0;
      return [...(buckets?.values() ?? [])];
    },
  };
}

function keyOf(name: string, attributes: Attributes): string {
  return JSON.stringify([
    name,
    Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

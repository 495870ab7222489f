import type { SpanJson } from "../spool/span-json.js";

/** What the queue may hold, with what is lent. */
export interface MemoryRoom {
  maxBytes: number;
  maxSpans?: number;
}

/**
 * Ended spans in memory, in order, for as long as no disk has them. Spans that are being sent or
 * written are lent: they come back by `putBack()`, or are done with by `settle()`.
 */
export interface MemoryQueue {
  /** False when there is no room. */
  push(span: SpanJson): boolean;
  /** Lends the oldest: one at least, when there is one. */
  take(maxSpans: number, maxBytes: number): SpanJson[];
  /** Lends one of those that are not lent, counted from the oldest; undefined when there is none. */
  takeAt(index: number): SpanJson | undefined;
  /** Puts what was lent to the front again, or to an index. */
  putBack(spans: readonly SpanJson[], index?: number): void;
  /** What was lent was sent, written or dropped. */
  settle(spans: readonly SpanJson[]): void;
  /** How many are here and not lent. */
  readonly count: number;
  /** How many wait, those that are lent included. */
  readonly waiting: number;
}

export function createMemoryQueue({ maxBytes, maxSpans = Infinity }: MemoryRoom): MemoryQueue {
  let spans: SpanJson[] = [];
  let heldBytes = 0;
  let lentCount = 0;

  return {
    push(span) {
      const isFull = spans.length + lentCount >= maxSpans;
      if (isFull || heldBytes + span.body.length > maxBytes) return false;
      heldBytes += span.body.length;
      spans.push(span);
      return true;
    },
    take(maxCount, maxTakenBytes) {
      let count = 0;
      let byteCount = 0;
      for (const { body } of spans) {
        if (count === maxCount || (count > 0 && byteCount + body.length > maxTakenBytes)) break;
        byteCount += body.length;
        count += 1;
      }
      lentCount += count;
      return spans.splice(0, count);
    },
    takeAt(index) {
      const [span] = spans.splice(index, 1);
      if (span !== undefined) lentCount += 1;
      return span;
    },
    putBack(lent, index = 0) {
      spans = spans.toSpliced(index, 0, ...lent);
      lentCount -= lent.length;
    },
    settle(lent) {
      lentCount -= lent.length;
      for (const { body } of lent) heldBytes -= body.length;
    },
    get count() {
      return spans.length;
    },
    get waiting() {
      return spans.length + lentCount;
    },
  };
}

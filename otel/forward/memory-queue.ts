import type { SpanJson } from "../spool/span-json.js";

/** The most that the queue may hold, including lent spans. */
export interface MemoryRoom {
  maxBytes: number;
  maxSpans?: number;
}

/**
 * Ended spans in memory, in order, while no disk takes them. Spans that are being sent or written are
 * lent. They are returned by `putBack()` or finished by `settle()`.
 */
export interface MemoryQueue {
  /** Returns false if there is no room. */
  push(span: SpanJson): boolean;
  /** Lends the oldest spans: at least one, if there is any. */
  take(maxSpans: number, maxBytes: number): SpanJson[];
  /** Lends the span at an index, counted from the oldest that is not lent; undefined if there is none. */
  takeAt(index: number): SpanJson | undefined;
  /** Puts lent spans back, to the front or at an index. */
  putBack(spans: readonly SpanJson[], index?: number): void;
  /** Removes lent spans that were sent, written or dropped. */
  settle(spans: readonly SpanJson[]): void;
  /** How many are in the queue and not lent. */
  readonly count: number;
  /** How many wait, including lent ones. */
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

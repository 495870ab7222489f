import type { SpanJson } from "../spool/span-json.js";

/** Ended spans in memory, in order, for as long as the disk does not take them. */
export interface MemoryQueue {
  /** False when there is no room. */
  push(span: SpanJson): boolean;
  /** Takes the oldest out: one at least, when there is one. */
  take(maxSpans: number, maxBytes: number): SpanJson[];
  /** Puts what was taken out back to the front. */
  putBack(spans: readonly SpanJson[]): void;
  /** Puts the oldest behind all others. */
  postpone(): void;
  readonly count: number;
}

export function createMemoryQueue(roomBytes: number): MemoryQueue {
  let spans: SpanJson[] = [];
  let heldBytes = 0;

  return {
    push(span) {
      if (heldBytes + span.body.length > roomBytes) return false;
      heldBytes += span.body.length;
      spans.push(span);
      return true;
    },
    take(maxSpans, maxBytes) {
      let count = 0;
      let byteCount = 0;
      for (const { body } of spans) {
        if (count === maxSpans || (count > 0 && byteCount + body.length > maxBytes)) break;
        byteCount += body.length;
        count += 1;
      }
      heldBytes -= byteCount;
      return spans.splice(0, count);
    },
    putBack(taken) {
      spans = [...taken, ...spans];
      for (const { body } of taken) heldBytes += body.length;
    },
    postpone() {
      spans.push(...spans.splice(0, 1));
    },
    get count() {
      return spans.length;
    },
  };
}

import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { type SpanJson, encodeSpan, idOf } from "./span-json.js";

/** The spans of this process that have begun and not ended. */
export interface OpenSpans {
  begin(span: ReadableSpan): void;
  end(id: string): void;
  /**
   * The spans that have begun since the last time and are still open: those that are not
   * written down. A span that ends at once, as most do, is never among them.
   */
  takeFresh(): SpanJson[];
  /** All that are open, for a new file. */
  takeAll(): SpanJson[];
  readonly count: number;
}

/** @param maxSpans More are not kept: spans that nobody ever ends must not fill the memory. */
export function createOpenSpans(maxSpans: number): OpenSpans {
  const fresh = new Map<string, ReadableSpan>();
  const written = new Map<string, ReadableSpan>();

  function markWritten(): void {
    for (const [id, span] of fresh) written.set(id, span);
    fresh.clear();
  }

  return {
    begin(span) {
      fresh.set(idOf(span), span);
      if (fresh.size + written.size <= maxSpans) return;
      const [oldest] = written.size > 0 ? written.keys() : fresh.keys();
      if (oldest !== undefined) this.end(oldest);
    },
    end(id) {
      if (!fresh.delete(id)) written.delete(id);
    },
    takeFresh() {
      if (fresh.size === 0) return [];
      const spans = Array.from(fresh.values(), encodeSpan);
      markWritten();
      return spans;
    },
    takeAll() {
      markWritten();
      return Array.from(written.values(), encodeSpan);
    },
    get count() {
      return fresh.size + written.size;
    },
  };
}

import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { type SpanJson, encodeSpan, idOf } from "./span-json.js";

/** The spans of this process that have begun and not ended. */
export interface OpenSpans {
  begin(span: ReadableSpan): void;
  end(id: string): void;
  /**
   * The spans that are open and not written down. A span that ends at once, as most do, is never
   * among them.
   */
  fresh(): SpanJson[];
  /** All that are open, for a new file. */
  all(): SpanJson[];
  /** What is open is on disk now. */
  markWritten(): void;
  readonly count: number;
  /** How many of them are not written down. */
  readonly freshCount: number;
}

/** @param maxSpans More are not kept: spans that nobody ever ends must not fill the memory. */
export function createOpenSpans(maxSpans: number): OpenSpans {
  const fresh = new Map<string, ReadableSpan>();
  const written = new Map<string, ReadableSpan>();

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
    fresh: () => Array.from(fresh.values(), encodeSpan),
    all: () => Array.from([...written.values(), ...fresh.values()], encodeSpan),
    markWritten() {
      for (const [id, span] of fresh) written.set(id, span);
      fresh.clear();
    },
    get freshCount() {
      return fresh.size;
    },
    get count() {
      return fresh.size + written.size;
    },
  };
}

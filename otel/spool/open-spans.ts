import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { encodeSpan, keyOf } from "./span-json.js";
import { encodeLine } from "./spool-line.js";

/** The spans of this process that have begun and not ended. */
export interface OpenSpans {
  begin(span: ReadableSpan): void;
  end(key: string): void;
  /**
   * Lines for the spans that have begun since the last time and are still open. A span that ends
   * at once, as most do, never gets one.
   */
  takeLines(): Buffer[];
  /** Lines for all that are open, for a new file. */
  allLines(): Buffer[];
  readonly count: number;
}

/** @param maxSpans More are not kept: spans that nobody ever ends must not fill the memory. */
export function createOpenSpans(maxSpans: number): OpenSpans {
  const fresh = new Map<string, ReadableSpan>();
  const written = new Map<string, ReadableSpan>();

  function* linesOf(spans: Map<string, ReadableSpan>): Generator<Buffer> {
    for (const [key, span] of spans) yield encodeLine("begun", key, encodeSpan(span));
  }

  return {
    begin(span) {
      fresh.set(keyOf(span), span);
      if (fresh.size + written.size <= maxSpans) return;
      const [oldest] = written.size > 0 ? written.keys() : fresh.keys();
      if (oldest !== undefined) this.end(oldest);
    },
    end(key) {
      if (!fresh.delete(key)) written.delete(key);
    },
    takeLines() {
      const lines = [...linesOf(fresh)];
      for (const [key, span] of fresh) written.set(key, span);
      fresh.clear();
      return lines;
    },
    allLines() {
      const lines = [...linesOf(written), ...linesOf(fresh)];
      for (const [key, span] of fresh) written.set(key, span);
      fresh.clear();
      return lines;
    },
    get count() {
      return fresh.size + written.size;
    },
  };
}

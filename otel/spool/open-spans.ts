import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { type SpanJson, encodeSpan, idOf } from "./span-json.js";
import { spanIdIn } from "./spool-line.js";

/** The spans of this process that have begun and not ended. */
export interface OpenSpans {
  begin(span: ReadableSpan): void;
  end(id: string): void;
  /**
   * The open spans that are not written yet, except `exceptId`. Most spans end at once and are never
   * among them. A span that cannot be encoded is told to `onUnencodable` and forgotten.
   */
  fresh(exceptId?: string): SpanJson[];
  /** All written open spans, in the form in which they were written, for a new file. */
  written(): SpanJson[];
  /** Makes `written()` encode the spans again, as they are at that moment. */
  reencodeOpenSpans(): void;
  isWritten(id: string): boolean;
  markWritten(spans: readonly SpanJson[]): void;
  readonly count: number;
  /** How many open spans are not written yet. */
  readonly freshCount: number;
}

/** @param maxSpans how many are kept, because spans that never end must not fill the memory */
export function createOpenSpans(
  maxSpans: number,
  onUnencodable: (span: ReadableSpan, error: unknown) => void,
): OpenSpans {
  const fresh = new Map<string, ReadableSpan>();
  // Their JSON is kept, because encoding thousands of spans for a new file would delay the agent.
  const written = new Map<string, { span: ReadableSpan; json: SpanJson | undefined }>();

  function encode(id: string, span: ReadableSpan): SpanJson[] {
    try {
      return [encodeSpan(span)];
    } catch (error) {
      if (!fresh.delete(id)) written.delete(id);
      onUnencodable(span, error);
      return [];
    }
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
    fresh: (exceptId) =>
      Array.from(fresh).flatMap(([id, span]) => (id === exceptId ? [] : encode(id, span))),
    written: () => Array.from(written).flatMap(([id, { span, json }]) => json ?? encode(id, span)),
    reencodeOpenSpans() {
      for (const kept of written.values()) kept.json = undefined;
    },
    isWritten: (id) => written.has(id),
    markWritten(spans) {
      for (const json of spans) {
        const id = spanIdIn(json);
        const span = fresh.get(id);
        if (span === undefined) continue;
        fresh.delete(id);
        written.set(id, { span, json });
      }
    },
    get freshCount() {
      return fresh.size;
    },
    get count() {
      return fresh.size + written.size;
    },
  };
}

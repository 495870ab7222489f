import { type Span, SpanStatusCode } from "@opentelemetry/api";
import type { EpochMs, EventData } from "./span-data.js";

/** How long a span lasts at least: Jaeger takes one without length for a fault. */
const MOMENT_MS = 0.001;

/** A span that has begun; `end` or `drop` is called once. */
export interface OpenSpan<T> {
  /** Says the rest. */
  end(data: T, endMs: EpochMs): void;
  /** Ends it without a word: the record learns nothing of it. */
  drop(endMs: EpochMs): void;
}

export function finish(span: Span, startMs: EpochMs, endMs: EpochMs): void {
  span.end(Math.max(endMs, startMs + MOMENT_MS));
}

export function spanName(operation: string, model: string | undefined): string {
  return model === undefined ? operation : `${operation} ${model}`;
}

export function messageOf({ data }: EventData): string | undefined {
  return typeof data["message"] === "string" ? data["message"] : undefined;
}

export function fail(span: Span, message: string | undefined): void {
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
}

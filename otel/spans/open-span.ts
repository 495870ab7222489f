import { type Attributes, type Context, type Span, SpanStatusCode } from "@opentelemetry/api";
import type { EpochMs } from "./span-data.js";

/** The shortest duration of a span, because Jaeger shows a span without duration as a fault. */
const MOMENT_MS = 0.001;

/** Starts a span of one conversation, with the attributes that all its spans have. */
export type StartSpan = (
  name: string,
  attributes: Attributes,
  startMs: EpochMs,
  parent: Context,
) => Span;

/** A span that has begun. Either `end` or `drop` is called, once. */
export interface OpenSpan<T> {
  /** Adds what is known now, and ends the span. */
  end(data: T, endMs: EpochMs): void;
  /** Ends the span without data, so the record learns nothing from it. */
  drop(endMs: EpochMs): void;
}

/** Ends a span, at least `MOMENT_MS` after its start. */
export function finish(span: Span, startMs: EpochMs, endMs: EpochMs): void {
  span.end(Math.max(endMs, startMs + MOMENT_MS));
}

export function spanName(operation: string, model: string | undefined): string {
  return model === undefined ? operation : `${operation} ${model}`;
}

/** Marks a span as failed. */
export function fail(span: Span, message: string | undefined): void {
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
}

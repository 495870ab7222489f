import { context } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";

/**
 * Runs work of our own without a trace. With HTTP or file instrumentation a request or a file that
 * we write would be a span, which we would have to write and send in turn, without end. What the
 * work starts later (promises, timers) is without a trace as well.
 */
export function withoutTracing<T>(work: () => T): T {
  return context.with(suppressTracing(context.active()), work);
}

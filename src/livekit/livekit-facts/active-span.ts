import { type Context, type SpanContext, context, trace } from "@opentelemetry/api";
import { hasMethods, valueAt } from "./private-property.js";

/** Fields of the OpenTelemetry SDK's spans beyond the API; missing on other spans. */
interface SdkSpan {
  name?: string;
  parentSpanContext?: SpanContext;
  /** Seconds and nanoseconds since the Unix epoch. */
  startTime?: [number, number];
}

/** The active context; undefined if it has no span. */
export function activeSpanContext(): Context | undefined {
  const active = context.active();
  return trace.getSpan(active) === undefined ? undefined : active;
}

/** The context of the active span's parent. Inside `tts_node` and `llm_node` that is the `agent_turn`. */
export function parentOfActiveSpan(): Context | undefined {
  const parent = (trace.getActiveSpan() as SdkSpan | undefined)?.parentSpanContext;
  return parent === undefined ? undefined : trace.setSpanContext(context.active(), parent);
}

/** The id of the active span's parent. */
export function parentSpanId(): string | undefined {
  return (trace.getActiveSpan() as SdkSpan | undefined)?.parentSpanContext?.spanId;
}

/** The active span's id and its start in epoch milliseconds; undefined if it has another name. */
export function activeSpanNamed(name: string): { spanId: string; startMs: number } | undefined {
  const span = trace.getActiveSpan();
  const sdkSpan = span as SdkSpan | undefined;
  if (span === undefined || sdkSpan?.name !== name || sdkSpan.startTime === undefined)
    return undefined;
  const [seconds, nanoseconds] = sdkSpan.startTime;
  return { spanId: span.spanContext().spanId, startMs: seconds * 1e3 + nanoseconds / 1e6 };
}

/**
 * The context of a running session, below which its spans are. Undefined before its start and after its
 * close. LiveKit keeps it private. If it is not found, the session's state tells whether it runs.
 */
export function runningContextOf(session: object): Context | undefined {
  const root = valueAt(session, "rootSpanContext");
  if (hasMethods(root, ["getValue"])) return root as Context;
  // LiveKit resets the state at the session's close, so any other state means that it runs.
  const state = valueAt(session, "agentState");
  return state === undefined || state === "initializing" ? undefined : context.active();
}

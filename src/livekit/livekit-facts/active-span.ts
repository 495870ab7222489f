import { type Context, type SpanContext, context, trace } from "@opentelemetry/api";
import { hasMethods, valueAt } from "./private-property.js";

/** What the OpenTelemetry SDK's spans say beyond the API; absent on a span of another kind. */
interface SdkSpan {
  name?: string;
  parentSpanContext?: SpanContext;
  /** Seconds and nanoseconds since the Unix epoch. */
  startTime?: [number, number];
}

/** The active context, or undefined when it carries no span. */
export function activeSpanContext(): Context | undefined {
  const active = context.active();
  return trace.getSpan(active) === undefined ? undefined : active;
}

/** The context of the active span's parent: of the `agent_turn` inside `tts_node` and `llm_node`. */
export function parentOfActiveSpan(): Context | undefined {
  const parent = (trace.getActiveSpan() as SdkSpan | undefined)?.parentSpanContext;
  return parent === undefined ? undefined : trace.setSpanContext(context.active(), parent);
}

/** The id of the active span's parent. */
export function parentSpanId(): string | undefined {
  return (trace.getActiveSpan() as SdkSpan | undefined)?.parentSpanContext?.spanId;
}

/** The active span's id and start in epoch milliseconds, when it has the given name. */
export function activeSpanNamed(name: string): { spanId: string; startMs: number } | undefined {
  const span = trace.getActiveSpan();
  const sdkSpan = span as SdkSpan | undefined;
  if (span === undefined || sdkSpan?.name !== name || sdkSpan.startTime === undefined)
    return undefined;
  const [seconds, nanoseconds] = sdkSpan.startTime;
  return { spanId: span.spanContext().spanId, startMs: seconds * 1e3 + nanoseconds / 1e6 };
}

/**
 * The context of a session that runs: where its spans hang. Undefined before its start and after its
 * close. LiveKit keeps it to itself; where it cannot be found, the session's state must do.
 */
export function runningContextOf(session: object): Context | undefined {
  const root = valueAt(session, "rootSpanContext");
  if (hasMethods(root, ["getValue"])) return root as Context;
  // LiveKit resets the state when a session closes, so any other one means that it runs.
  const state = valueAt(session, "agentState");
  return state === undefined || state === "initializing" ? undefined : context.active();
}

import {
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** Spans as the SDK makes them, ended, each with its number as the attribute `index`. */
export function makeSpans(count: number, name = "span"): ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  const keep: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void spans.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const tracer = new BasicTracerProvider({ spanProcessors: [keep] }).getTracer("test");
  for (let index = 0; index < count; index += 1) {
    tracer.startSpan(name, { attributes: { index, content: "नमस्ते" } }).end();
  }
  return spans;
}

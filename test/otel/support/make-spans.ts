import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** Spans as the SDK makes them, ended, each with its number as the attribute `index`. */
export function makeSpans(count: number, name = "span", service = "test"): ReadableSpan[] {
  const spans: ReadableSpan[] = [];
  const keep: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void spans.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const resource = resourceFromAttributes({ "service.name": service });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [keep] });
  const tracer = provider.getTracer("test");
  for (let index = 0; index < count; index += 1) {
    tracer.startSpan(name, { attributes: { index, content: "नमस्ते" } }).end();
  }
  return spans;
}

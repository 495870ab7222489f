import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { TraceState } from "@opentelemetry/core";
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, it } from "vitest";
import { encodeProtobuf } from "../../../otel/forward/encode-protobuf.js";

/** Spans with all that OTLP can say of one, of two resources and two scopes. */
function makeSpans(): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  for (const service of ["one", "two"]) {
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes(
        { "service.name": service, counts: [1, 2], "process.pid": 77 },
        { schemaUrl: `https://schema/${service}` },
      ),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
      spanLimits: { attributeCountLimit: 8, eventCountLimit: 2, linkCountLimit: 1 },
    });
    for (const [scope, version, schemaUrl] of [
      ["a", "1.0.0", "https://schema/a"],
      ["b", undefined, undefined],
    ] as const) {
      const tracer = provider.getTracer(
        scope,
        version,
        schemaUrl === undefined ? {} : { schemaUrl },
      );
      const remote = {
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        traceFlags: TraceFlags.SAMPLED,
        traceState: new TraceState("vendor=1,other=2"),
        isRemote: true,
      };
      const below = trace.setSpanContext(ROOT_CONTEXT, remote);
      const root = tracer.startSpan("root नमस्ते", { kind: SpanKind.SERVER, root: true });
      const child = tracer.startSpan(
        "child",
        {
          kind: SpanKind.CONSUMER,
          links: [{ context: remote, attributes: { why: "because" } }, { context: remote }],
          attributes: {
            text: "שלום 👋 \u0000",
            whole: 2 ** 40,
            negative: -3,
            half: 0.5,
            yes: true,
            no: false,
            texts: ["a", "b"],
            numbers: [1, 2.5, -7],
            tooMany: 1,
          },
        },
        below,
      );
      for (const name of ["first", "second", "third"])
        child.addEvent(name, { at: name, n: 3 }, [1_755_520_222, 123_456_789]);
      child.setStatus({ code: SpanStatusCode.ERROR, message: "it failed" });
      child.end();
      root.end();
    }
  }
  return exporter.getFinishedSpans();
}

it("a request of OTLP/JSON becomes the bytes that OpenTelemetry's own exporter would send", () => {
  const spans = makeSpans();
  expect(spans).toHaveLength(8);
  for (const some of [spans, ...spans.map((span) => [span])]) {
    const json = Buffer.from(JsonTraceSerializer.serializeRequest(some)!);
    const wanted = Buffer.from(ProtobufTraceSerializer.serializeRequest(some)!);
    expect(encodeProtobuf(json).equals(wanted)).toBe(true);
  }
});

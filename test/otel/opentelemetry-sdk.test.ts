import { context, metrics, propagation, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type NodeSdkModule, createOpenTelemetrySdk } from "../../otel/opentelemetry-sdk.js";
import { readTelemetrySettings } from "../../otel/settings.js";

const stopping: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stopping.splice(0).map((stop) => stop()));
  vi.unstubAllEnvs();
  for (const api of [trace, metrics, context, propagation]) api.disable();
});

const absent = (): NodeSdkModule | undefined => undefined;

/** Starts one of the two SDKs as the bootstrap does, with everything that it exports kept. */
function start(loadNodeSdk: (() => NodeSdkModule | undefined) | undefined) {
  const problems: string[] = [];
  const spans = new InMemorySpanExporter();
  const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const sdk = createOpenTelemetrySdk({
    settings: readTelemetrySettings(
      { OTEL_SERVICE_NAME: "parcel-desk", ...process.env },
      (problem) => problems.push(problem),
    ),
    spanProcessors: [new SimpleSpanProcessor(spans)],
    metricReader: new PeriodicExportingMetricReader({ exporter: points }),
    report: (line) => problems.push(line),
    ...(loadNodeSdk === undefined ? {} : { loadNodeSdk }),
  });
  sdk.start();
  stopping.push(() => sdk.shutdown());
  return { sdk, spans, points, problems };
}

describe.each([
  ["The Node SDK", undefined],
  ["The SDK that LiveKit brings", absent],
])("%s", (_name, load) => {
  it("says of each span which service, host and process it is of", () => {
    const { sdk, spans } = start(load);
    sdk.tracerProvider()?.getTracer("test").startSpan("call").end();
    const { attributes } = spans.getFinishedSpans()[0]?.resource ?? { attributes: {} };
    expect(attributes).toMatchObject({
      "service.name": "parcel-desk",
      "host.name": expect.any(String) as string,
      "service.instance.id": expect.any(String) as string,
      "process.pid": process.pid,
      "telemetry.sdk.language": "nodejs",
    });
  });

  it("is the API's provider, and its spans nest across an await", async () => {
    const { sdk, spans } = start(load);
    const tracer = trace.getTracer("test");
    await tracer.startActiveSpan("outer", async (outer) => {
      await new Promise((resolve) => setImmediate(resolve));
      tracer.startSpan("inner").end();
      outer.end();
    });
    const [inner, outer] = spans.getFinishedSpans();
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
    expect(sdk.tracerProvider()).toBeDefined();
  });

  it("keeps to the sampler and the span limits of the environment", () => {
    vi.stubEnv("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2");
    const limited = start(load);
    const attributes = { one: 1, two: 2, three: 3 };
    limited.sdk.tracerProvider()?.getTracer("test").startSpan("call", { attributes }).end();
    expect(limited.spans.getFinishedSpans()[0]?.attributes).toEqual({ one: 1, two: 2 });

    vi.stubEnv("OTEL_TRACES_SAMPLER", "always_off");
    const sampled = start(load);
    sampled.sdk.tracerProvider()?.getTracer("test").startSpan("call").end();
    expect(sampled.spans.getFinishedSpans()).toEqual([]);
  });

  it("gives its metrics to the reader, with the same resource as its spans", async () => {
    const { sdk, points } = start(load);
    sdk.meterProvider()?.getMeter("test").createCounter("calls").add(2);
    await sdk.shutdown();
    const [collected] = points.getMetrics();
    expect(collected?.resource.attributes["service.name"]).toBe("parcel-desk");
    expect(collected?.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value).toBe(2);
  });
});

it("What only the Node SDK reads is told in one line where that is not installed", () => {
  vi.stubEnv("OTEL_METRICS_EXPORTER", "prometheus");
  vi.stubEnv("OTEL_LOGS_EXPORTER", "otlp");
  vi.stubEnv("OTEL_PROPAGATORS", "b3");
  expect(start(absent).problems).toEqual([
    "OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER, OTEL_PROPAGATORS cannot be used: only the OpenTelemetry Node SDK reads them; install it with `npm install @opentelemetry/sdk-node`",
  ]);
});

it("Nothing is told where the SDK that LiveKit brings does what the environment asks for", () => {
  vi.stubEnv("OTEL_PROPAGATORS", "tracecontext, baggage");
  vi.stubEnv("OTEL_LOGS_EXPORTER", "none");
  vi.stubEnv("OTEL_METRICS_EXPORTER", "otlp");
  expect(start(absent).problems).toEqual([]);
});

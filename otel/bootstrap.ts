import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { ProxyTracerProvider, type TracerProvider, metrics, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  envDetector,
  processDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { MetricReader } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { ConversationSink, LossCount } from "../src/record/index.js";
import { ConversationExporter } from "./conversation-exporter.js";
import { createConversationMetrics } from "./metrics/conversation-metrics.js";
import { createDurableForwarder } from "./forward/durable-forwarder.js";
import { type Exemplars, createExemplars } from "./metrics/exemplars.js";
import { createMemoryForwarder } from "./forward/memory-forwarder.js";
import { createMetricReader } from "./metrics/metric-reader.js";
import { createOtlpSender } from "./forward/otlp-sender.js";
import type { TelemetrySettings } from "./settings.js";
import { putWordsInNames } from "./forward/words-in-names.js";
import { type ContentFreeForwarder, withoutContent } from "./forward/without-content.js";

/** OpenTelemetry as TalkTrace set it up. */
export interface OpenTelemetry {
  /** The provider itself, not the API's proxy: what LiveKit's `setTracerProvider` wants. */
  provider: TracerProvider;
  exporter: ConversationExporter;
  /** Undefined when nothing is forwarded. */
  forwarder: ContentFreeForwarder | undefined;
  shutdown(): Promise<void>;
}

export interface OpenTelemetryOptions {
  settings: TelemetrySettings;
  sink: ConversationSink & Partial<LossCount>;
  /** Processors beside ours, e.g. LiveKit's `FanoutSpanProcessor`. */
  spanProcessors?: SpanProcessor[];
  printLine?: (line: string) => void;
  reportProblem?: (line: string) => void;
}

/** Whether somebody has registered a tracer provider in this process already. */
export function hasTracerProvider(): boolean {
  return registeredProvider() !== undefined;
}

/**
 * Starts the OpenTelemetry Node SDK with one exporter, the record's, that forwards to OTLP/HTTP.
 * Metrics go where the settings say. Logs are left alone unless `OTEL_LOGS_EXPORTER` asks for them.
 *
 * @throws {Error} when a tracer provider is registered already: two would share the spans between
 * them by chance.
 */
export function startOpenTelemetry(options: OpenTelemetryOptions): OpenTelemetry {
  if (hasTracerProvider()) {
    throw new Error(
      "Cannot start OpenTelemetry: a tracer provider is registered already; add " +
        "`new SimpleSpanProcessor(new ConversationExporter({ sink: openStore() }))` to its span processors",
    );
  }
  const { settings } = options;
  const forwarder =
    settings.tracesUrl === undefined
      ? undefined
      : forwardTo(settings.tracesUrl, settings, options.reportProblem);
  const exemplars = createExemplars();
  const metricReader = createReader(settings, exemplars, options.reportProblem);
  const exporter = new ConversationExporter({
    sink: options.sink,
    metrics: createConversationMetrics({
      exemplars,
      flush: () => metricReader?.forceFlush(),
      observe() {
        const { sent, dropped, waiting } = forwarder?.counts() ?? {};
        const spans = { spansSent: sent, spansDropped: dropped, spansWaiting: waiting };
        return { recordLost: options.sink.lost, ...spans };
      },
    }),
    ...(options.printLine === undefined ? {} : { printLine: options.printLine }),
    ...(options.reportProblem === undefined ? {} : { reportProblem: options.reportProblem }),
    ...(forwarder === undefined ? {} : { forwarder }),
  });
  const sdk = new NodeSDK({
    serviceName: settings.serviceName,
    // Without a host Jaeger takes each span for one of another machine, and corrects its clock.
    // Without an instance, sums of two processes are two truths about one thing.
    resource: defaultResource().merge(
      resourceFromAttributes({ "host.name": hostname(), "service.instance.id": randomUUID() }),
    ),
    // These two are synchronous: a detector that is not would delay each record until it is done.
    resourceDetectors: [envDetector, processDetector],
    spanProcessors: [
      ...(forwarder === undefined ? [] : [tellBegun(forwarder)]),
      new SimpleSpanProcessor(exporter),
      ...(options.spanProcessors ?? []),
    ],
    ...(settings.metrics === "sdk"
      ? {}
      : { metricReaders: metricReader === undefined ? [] : [metricReader] }),
    ...(process.env["OTEL_LOGS_EXPORTER"] ? {} : { logRecordProcessors: [] }),
  });
  sdk.start();
  const provider = registeredProvider();
  if (provider === undefined) throw new Error("Cannot start OpenTelemetry: the SDK is disabled");

  return {
    provider,
    exporter,
    forwarder,
    async shutdown() {
      await sdk.shutdown();
      // So that a test, or an agent that starts again, can register anew.
      trace.disable();
      metrics.disable();
    },
  };
}

function createReader(
  { metrics: wanted }: TelemetrySettings,
  exemplars: Exemplars,
  report: ((line: string) => void) | undefined,
): MetricReader | undefined {
  if (wanted === undefined || wanted === "sdk") return undefined;
  const { url, exportTimeoutMs, intervalMs, isAsked } = wanted;
  return createMetricReader({
    sender: createOtlpSender(url, exportTimeoutMs, "METRICS"),
    url,
    intervalMs,
    isAsked,
    exemplars,
    ...(report === undefined ? {} : { report }),
  });
}

function forwardTo(
  url: string,
  settings: TelemetrySettings,
  report: ((line: string) => void) | undefined,
): ContentFreeForwarder {
  const { exportTimeoutMs } = settings;
  const told = { url, ...(report === undefined ? {} : { report }) };
  const forwarder = settings.spool
    ? createDurableForwarder({
        directory: settings.spoolDirectory ?? join(settings.directory, ".spool"),
        sender: createOtlpSender(url, exportTimeoutMs),
        ...told,
      })
    : createMemoryForwarder({
        exporter: new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs }),
        ...told,
      });
  // Words that are withheld must not come into a name either: they are taken out first.
  return withoutContent(settings.spanNames === "words" ? putWordsInNames(forwarder) : forwarder);
}

/** An exporter hears of a span when it ends; after a crash there also have to be those that never did. */
function tellBegun(forwarder: ContentFreeForwarder): SpanProcessor {
  return {
    onStart: (span) => forwarder.begin(span),
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** The provider behind the API's proxy; undefined while that is the no-op one. */
function registeredProvider(): TracerProvider | undefined {
  const provider = trace.getTracerProvider();
  if (!(provider instanceof ProxyTracerProvider)) return provider;
  const delegate = provider.getDelegate();
  // Not by the name of its class, which a bundler may shorten.
  return delegate === new ProxyTracerProvider().getDelegate() ? undefined : delegate;
}

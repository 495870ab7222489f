import {
  type MeterProvider,
  ProxyTracerProvider,
  type TracerProvider,
  metrics,
  trace,
} from "@opentelemetry/api";
import type { MetricReader } from "@opentelemetry/sdk-metrics";
import { SimpleSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-base";
import { DAY_MS } from "../src/platform/keep-days.js";
import { messageOf } from "../src/platform/message-of.js";
import { reportSafely } from "../src/platform/report.js";
import { showUrl, withoutSecretsOf } from "../src/platform/url-secrets.js";
import { describeApiVersions, reportDiagnostics } from "./api-global.js";
import { ConversationExporter, type ConversationExporterOptions } from "./conversation-exporter.js";
import type { PrintLine } from "./conversation-lines.js";
import { createDurableForwarder } from "./forward/durable-forwarder.js";
import { SPOOL_LIMITS } from "./spool/limits.js";
import { createMemoryForwarder } from "./forward/memory-forwarder.js";
import { createOtlpSender } from "./forward/otlp-sender.js";
import { isOwnWork, withoutTracing } from "./spans/without-tracing.js";
import { type ContentFreeForwarder, withoutContent } from "./forward/without-content.js";
import { putWordsInNames } from "./forward/words-in-names.js";
import { createConversationMetrics } from "./metrics/conversation-metrics.js";
import { type Exemplars, createExemplars } from "./metrics/exemplars.js";
import { createMetricReader } from "./metrics/metric-reader.js";
import { type OpenTelemetrySdk, createOpenTelemetrySdk } from "./opentelemetry-sdk.js";
import { type TelemetrySettings, spoolDirectoryOf } from "./settings.js";

/** OpenTelemetry as TalkTrace set it up. */
export interface OpenTelemetry {
  /** The provider itself, not the API's proxy, because LiveKit's `setTracerProvider` needs it. */
  provider: TracerProvider;
  exporter: ConversationExporter;
  /** Undefined if nothing is forwarded. */
  forwarder: ContentFreeForwarder | undefined;
  shutdown(): Promise<void>;
}

export interface OpenTelemetryOptions {
  settings: TelemetrySettings;
  sink: ConversationExporterOptions["sink"];
  /** Further processors beside ours, e.g. LiveKit's `FanoutSpanProcessor`. */
  spanProcessors?: SpanProcessor[];
  printLine?: PrintLine;
  reportProblem?: (line: string) => void;
}

/** Whether a tracer provider is already registered in this process. */
export function hasTracerProvider(): boolean {
  return registeredProvider() !== undefined;
}

/**
 * Starts OpenTelemetry with one span exporter, the record's, which forwards to OTLP/HTTP. It uses the
 * Node SDK if that is installed, else the SDK that LiveKit depends on. Metrics go where the settings
 * say. Logs are exported only if `OTEL_LOGS_EXPORTER` asks for it.
 *
 * If the API's globals belong to another version of `@opentelemetry/api`, one line says so. The record
 * and the spans of the returned provider are not affected.
 *
 * @throws {Error} if a tracer provider is already registered, because two providers would share the
 * spans at random
 */
export function startOpenTelemetry(options: OpenTelemetryOptions): OpenTelemetry {
  return withoutTracing(() => start(options));
}

function start(options: OpenTelemetryOptions): OpenTelemetry {
  if (hasTracerProvider()) {
    throw new Error(
      "Cannot start OpenTelemetry: a tracer provider is registered already; add " +
        "`new SimpleSpanProcessor(new ConversationExporter({ sink: openStore() }))` to its span processors",
    );
  }
  const report = reportSafely(options.reportProblem);
  const { settings } = options;
  const urls = endpointsOf(settings);
  const tell = (line: string): void => report(withoutSecretsOf(urls, line));
  // Must come before the SDK is made, because the SDK's complaints are visible only here.
  const stopReporting = reportDiagnostics(tell);
  const forwarder =
    settings.tracesUrl === undefined ? undefined : forwardTo(settings.tracesUrl, settings, tell);
  const exemplars = createExemplars();
  const metricReader = createReader(settings, exemplars, tell);
  const parts = { forwarder, exemplars, metricReader, findMeter: () => sdk?.meterProvider() };
  const exporter = createExporter(options, parts);
  let sdk: ReturnType<typeof createSdk> | undefined;
  try {
    // A broken installation of OpenTelemetry may throw here already.
    const started = (sdk = createSdk(options, exporter, parts, tell));
    started.start();
    const provider = started.tracerProvider();
    if (provider === undefined) throw new Error("the SDK is disabled by OTEL_SDK_DISABLED");
    const isRegistered = registeredProvider() === provider;
    if (!isRegistered) tell(describeApiVersions());
    return {
      provider,
      exporter,
      forwarder,
      async shutdown() {
        await started.shutdown();
        // A test, or an agent that starts again, can then register anew. Globals that another version
        // of the API registered are not ours to remove.
        if (isRegistered) {
          trace.disable();
          metrics.disable();
        }
        stopReporting();
      },
    };
  } catch (error) {
    // No timer and no exporter may stay behind.
    void Promise.all([sdk?.shutdown(), exporter.shutdown()]).catch(() => undefined);
    stopReporting();
    throw new Error(`Cannot start OpenTelemetry: ${messageOf(error)}`, { cause: error });
  }
}

interface Parts {
  forwarder: ContentFreeForwarder | undefined;
  exemplars: Exemplars;
  metricReader: MetricReader | undefined;
  /** The SDK's own meter provider, after the SDK has started. */
  findMeter: () => MeterProvider | undefined;
}

function createExporter(
  { sink, printLine, reportProblem }: OpenTelemetryOptions,
  { forwarder, exemplars, metricReader, findMeter }: Parts,
): ConversationExporter {
  return new ConversationExporter({
    sink,
    metrics: createConversationMetrics({
      findProvider: findMeter,
      exemplars,
      flush: () => metricReader?.forceFlush(),
      observe() {
        const { sent, dropped, waiting } = forwarder?.counts() ?? {};
        const spans = { spansSent: sent, spansDropped: dropped, spansWaiting: waiting };
        return { recordLost: sink.lost, ...spans };
      },
    }),
    ...(printLine === undefined ? {} : { printLine }),
    ...(reportProblem === undefined ? {} : { reportProblem }),
    ...(forwarder === undefined ? {} : { forwarder }),
  });
}

function createSdk(
  { settings, spanProcessors }: OpenTelemetryOptions,
  exporter: ConversationExporter,
  { forwarder, metricReader }: Parts,
  report: (line: string) => void,
): OpenTelemetrySdk {
  return createOpenTelemetrySdk({
    settings,
    spanProcessors: [
      ...(forwarder === undefined ? [] : [tellBegun(forwarder)]),
      new SimpleSpanProcessor(exporter),
      ...(spanProcessors ?? []),
    ].map(withoutOwnWork),
    metricReader,
    report,
  });
}

function createReader(
  { metrics: wanted }: TelemetrySettings,
  exemplars: Exemplars,
  report: (line: string) => void,
): MetricReader | undefined {
  if (wanted === undefined || wanted === "sdk") return undefined;
  const { url, protocol, exportTimeoutMs, intervalMs, isAsked } = wanted;
  return createMetricReader({
    sender: createOtlpSender(url, exportTimeoutMs, { signal: "METRICS", protocol }),
    url: showUrl(url),
    intervalMs,
    isAsked,
    exemplars,
    report,
  });
}

function forwardTo(
  url: string,
  settings: TelemetrySettings,
  report: (line: string) => void,
): ContentFreeForwarder {
  const { exportTimeoutMs, keepDays, tracesProtocol: protocol, isTracesAsked } = settings;
  const sender = createOtlpSender(url, exportTimeoutMs, { protocol });
  const told = { sender, url: showUrl(url), report };
  const forwarder = settings.spool
    ? createDurableForwarder({
        directory: spoolDirectoryOf(settings),
        diskUse: isTracesAsked ? "always" : "once answered",
        ...(keepDays !== undefined && {
          limits: { maxAgeMs: Math.min(SPOOL_LIMITS.maxAgeMs, keepDays * DAY_MS) },
        }),
        ...told,
      })
    : createMemoryForwarder(told);
  // The words are put into names first and content is removed outermost, so no withheld word gets into
  // a name.
  return withoutContent(settings.spanNames === "words" ? putWordsInNames(forwarder) : forwarder);
}

/**
 * An exporter gets a span only at its end. After a crash the forwarder must also know spans that never
 * ended.
 */
function tellBegun(forwarder: ContentFreeForwarder): SpanProcessor {
  return {
    onStart: (span) => withoutTracing(() => forwarder.begin(span)),
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** Every URL that the SDK or Node may quote in a line. */
function endpointsOf({ tracesUrl, metrics: wanted }: TelemetrySettings): string[] {
  const ofSdk = Object.entries(process.env).flatMap(([name, value]) =>
    /^OTEL_.*ENDPOINT$/.test(name) ? [value?.trim()] : [],
  );
  const own = [tracesUrl, typeof wanted === "object" ? wanted.url : undefined];
  return [...ofSdk, ...own].filter((url) => url !== undefined && url !== "") as string[];
}

/**
 * Without a context manager of our version of the API, the SDK does not know which spans our own work
 * makes. So they are recognised when they begin.
 */
function withoutOwnWork(processor: SpanProcessor): SpanProcessor {
  const own = new WeakSet<object>();
  return {
    onStart(span, parent) {
      if (isOwnWork()) own.add(span);
      else processor.onStart(span, parent);
    },
    // LiveKit's processor removes content from a span while the span ends.
    ...(processor.onEnding && {
      onEnding(span) {
        if (!own.has(span)) processor.onEnding?.(span);
      },
    }),
    onEnd(span) {
      if (!own.has(span)) processor.onEnd(span);
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

/** The provider behind the API's proxy; undefined while that is the no-op provider. */
function registeredProvider(): TracerProvider | undefined {
  const provider: TracerProvider & { getDelegate?: unknown } = trace.getTracerProvider();
  // Version 1.10 of the API has two copies, for `import` and for `require()`. The proxy may be of the
  // other one, so its class does not tell.
  if (typeof provider.getDelegate !== "function") return provider;
  const delegate = provider.getDelegate() as TracerProvider;
  // The class name is not compared, because a bundler may shorten it.
  return delegate === new ProxyTracerProvider().getDelegate() ? undefined : delegate;
}

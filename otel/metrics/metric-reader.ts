import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPMetricExporterBase } from "@opentelemetry/exporter-metrics-otlp-http";
import { JsonMetricsSerializer } from "@opentelemetry/otlp-transformer";
import {
  type MetricReader,
  type ResourceMetrics,
  AggregationTemporality,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { atMost } from "../../src/platform/at-most.js";
import { reportSafely } from "../../src/record/index.js";
import { FORWARDER_LIMITS } from "../forward/forwarder.js";
import type { OtlpSender } from "../forward/otlp-sender.js";
import { TRACER_NAME } from "../spans/attributes.js";
import type { Exemplar, Exemplars } from "./exemplars.js";

export interface MetricReaderOptions {
  sender: OtlpSender;
  /** Where it sends to; for the lines that say so. */
  url: string;
  intervalMs: number;
  /**
   * False where the endpoint is only the common one, which may take traces alone, as Jaeger does:
   * then it is given up without a word when it has no place for metrics.
   */
  isAsked: boolean;
  exemplars: Exemplars;
  /** Gets a line when the endpoint is lost and when it is back. Default: stderr. */
  report?: (line: string) => void;
}

/** A path that an endpoint does not have, or takes nothing at. */
const NO_SUCH_PLACE = /^status (404|405|501)$/;

/** What waits for an endpoint that takes differences; the oldest goes when there is more. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** A request that was not taken yet. */
interface Waiting {
  body: Buffer;
  /** What it says is in no other request, so it has to arrive. */
  isDelta: boolean;
  exemplars: Exemplar[];
}

/**
 * Collects the metrics every `intervalMs` and sends them as OTLP/JSON. Sums since the beginning need
 * no second try: the next request has them too. With differences
 * (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`) the SDK forgets what it handed out, so
 * a request that finds no endpoint is kept, up to 4 MB of them, and goes before the next; what is
 * lost after all is told. One whose answer went astray is sent twice.
 */
export function createMetricReader(options: MetricReaderOptions): MetricReader {
  const { sender, url, isAsked, exemplars } = options;
  const report = reportSafely(options.report);
  let isDown = false;
  let isUnwanted = false;
  const waiting: Waiting[] = [];
  let sending: Promise<void> | undefined;
  /** Requests whose figures are in no other, since the endpoint was last said to be back. */
  let lostCount = 0;

  function add(collected: ResourceMetrics): void {
    if (isUnwanted || collected.scopeMetrics.every(({ metrics }) => metrics.length === 0)) return;
    const next = encode(collected, exemplars);
    // Newer sums say all that older ones do.
    if (!next.isDelta) waiting.length = 0;
    // The request itself is kept, with these in it.
    else exemplars.forget(next.exemplars);
    waiting.push(next);
    while (waiting.length > 1 && waitingBytes() > MAX_WAITING_BYTES) {
      waiting.shift();
      lostCount += 1;
    }
  }

  function waitingBytes(): number {
    return waiting.reduce((sum, { body }) => sum + body.length, 0);
  }

  /** What comes while a request is under way is tried as well, whatever became of that one. */
  async function sendAll(): Promise<void> {
    let tried: Waiting | undefined;
    do {
      tried = waiting.at(-1);
      await sendWaiting();
    } while (waiting.length > 0 && waiting.at(-1) !== tried);
  }

  /** Sends what waits, the oldest first, until the endpoint takes no more. */
  async function sendWaiting(): Promise<void> {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const verdict = await sender.send(next.body);
      const isTaken = verdict.outcome === "accepted";
      // An endpoint that refuses a request would do so again, and hold up those behind it.
      if (isTaken || verdict.outcome === "refused") remove(next, isTaken);
      if (!isTaken) return tellFailure(verdict.why);
      exemplars.forget(next.exemplars);
      if (isDown) report(`Metrics reach ${url} again${tellLost()}`);
      isDown = false;
      lostCount = 0;
    }
  }

  function remove(request: Waiting, isTaken: boolean): void {
    const index = waiting.indexOf(request);
    // It is gone already where newer sums, or the limit, took its place.
    if (index === -1) return;
    waiting.splice(index, 1);
    if (!isTaken && request.isDelta) lostCount += 1;
  }

  function tellFailure(why: string): void {
    if (!isAsked) {
      // What else is wrong with the common endpoint is told once, by the traces.
      isUnwanted = NO_SUCH_PLACE.test(why);
      if (isUnwanted) waiting.length = 0;
      return;
    }
    if (!isDown) {
      report(
        `No metrics: cannot send them to ${url} (${why})${tellLost()}. The record is not affected`,
      );
    }
    isDown = true;
  }

  function tellLost(): string {
    if (lostCount === 0) return "";
    return `; the figures of ${lostCount === 1 ? "one request" : `${lostCount} requests`} are lost`;
  }

  async function exportInTime(
    collected: ResourceMetrics,
    done: (result: ExportResult) => void,
  ): Promise<void> {
    add(collected);
    sending ??= sendAll().finally(() => (sending = undefined));
    await atMost(FORWARDER_LIMITS.flushMs, sending);
    // Our lines are all there is to say; the SDK would log each request that failed.
    done({ code: ExportResultCode.SUCCESS });
  }

  const exporter = new OTLPMetricExporterBase({
    export: (collected: ResourceMetrics, done) => void exportInTime(collected, done),
    forceFlush: () => Promise.resolve(),
    shutdown() {
      lostCount += waiting.filter(({ isDelta }) => isDelta).length;
      if (isAsked && lostCount > 0) {
        report(`Metrics end without ${url}${tellLost()}. The record is not affected`);
        // It has been told of.
        isDown = true;
      }
      waiting.length = 0;
      sender.close();
      return Promise.resolve();
    },
  });
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: options.intervalMs,
    exportTimeoutMillis: Math.min(options.intervalMs, FORWARDER_LIMITS.flushMs + 200),
  });
}

interface EncodedPoint {
  exemplars?: object[];
}

interface EncodedRequest {
  resourceMetrics: {
    scopeMetrics: { metrics: { histogram?: { dataPoints: EncodedPoint[] } }[] }[];
  }[];
}

/** The request as the SDK's serializer has it, with the exemplars that it knows nothing of. */
function encode(collected: ResourceMetrics, exemplars: Exemplars): Waiting {
  const added: Exemplar[] = [];
  const json = new TextDecoder().decode(JsonMetricsSerializer.serializeRequest(collected));
  const request = JSON.parse(json) as EncodedRequest;
  collected.scopeMetrics.forEach(({ scope, metrics }, scopeIndex) => {
    if (scope.name !== TRACER_NAME) return;
    metrics.forEach(({ descriptor, dataPoints }, metricIndex) => {
      const encoded =
        request.resourceMetrics[0]?.scopeMetrics[scopeIndex]?.metrics[metricIndex]?.histogram;
      dataPoints.forEach(({ attributes }, pointIndex) => {
        const point = encoded?.dataPoints[pointIndex];
        if (point === undefined) return;
        const kept = exemplars.of(descriptor.name, attributes);
        if (kept.length > 0) point.exemplars = kept.map(encodeExemplar);
        added.push(...kept);
      });
    });
  });
  const isDelta = collected.scopeMetrics.some(({ metrics }) =>
    metrics.some(
      ({ aggregationTemporality }) => aggregationTemporality === AggregationTemporality.DELTA,
    ),
  );
  return { body: Buffer.from(JSON.stringify(request)), isDelta, exemplars: added };
}

function encodeExemplar({ value, epochMs, span }: Exemplar): object {
  return {
    timeUnixNano: `${epochMs}000000`,
    asDouble: value,
    traceId: span.traceId,
    spanId: span.spanId,
  };
}

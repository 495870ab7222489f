import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { OTLPMetricExporterBase } from "@opentelemetry/exporter-metrics-otlp-http";
import { JsonMetricsSerializer } from "@opentelemetry/otlp-transformer";
import {
  type MetricReader,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import { reportSafely } from "../src/record/index.js";
import { TRACER_NAME } from "./attributes.js";
import type { Exemplar, Exemplars } from "./exemplars.js";
import { FORWARDER_LIMITS, atMost } from "./forwarder.js";
import type { OtlpSender } from "./otlp-sender.js";

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

/**
 * Collects the metrics every `intervalMs` and sends them as OTLP/JSON. Metrics are sums since the
 * beginning, so what one request could not deliver the next one does. Whether they are sums or
 * differences is `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`.
 */
export function createMetricReader(options: MetricReaderOptions): MetricReader {
  const { sender, url, isAsked, exemplars } = options;
  const report = reportSafely(options.report);
  let isDown = false;
  let isUnwanted = false;

  async function send(collected: ResourceMetrics): Promise<void> {
    if (isUnwanted || collected.scopeMetrics.every(({ metrics }) => metrics.length === 0)) return;
    const verdict = await sender.send(encode(collected, exemplars));
    if (verdict.outcome === "accepted") {
      if (isDown) report(`Metrics reach ${url} again`);
      isDown = false;
      return;
    }
    if (!isAsked) {
      // What else is wrong with the common endpoint is told once, by the traces.
      isUnwanted = NO_SUCH_PLACE.test(verdict.why);
      return;
    }
    if (!isDown) {
      report(`No metrics: cannot send them to ${url} (${verdict.why}). The record is not affected`);
    }
    isDown = true;
  }

  async function exportInTime(
    collected: ResourceMetrics,
    done: (result: ExportResult) => void,
  ): Promise<void> {
    await atMost(FORWARDER_LIMITS.flushMs, send(collected));
    // The line above is all there is to say; the SDK would log each request.
    done({ code: ExportResultCode.SUCCESS });
  }

  const exporter = new OTLPMetricExporterBase({
    export: (collected: ResourceMetrics, done) => void exportInTime(collected, done),
    forceFlush: () => Promise.resolve(),
    shutdown() {
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
function encode(collected: ResourceMetrics, exemplars: Exemplars): Buffer {
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
        const kept = exemplars.take(descriptor.name, attributes).map(encodeExemplar);
        if (kept.length > 0) point.exemplars = kept;
      });
    });
  });
  return Buffer.from(JSON.stringify(request));
}

function encodeExemplar({ value, epochMs, span }: Exemplar): object {
  return {
    timeUnixNano: `${epochMs}000000`,
    asDouble: value,
    traceId: span.traceId,
    spanId: span.spanId,
  };
}

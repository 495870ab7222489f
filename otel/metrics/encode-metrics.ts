import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { type ResourceMetrics, AggregationTemporality } from "@opentelemetry/sdk-metrics";
import type { OtlpProtocol } from "../forward/otlp-sender.js";
import { TRACER_NAME } from "../spans/attributes.js";
import type { Exemplar, Exemplars } from "./exemplars.js";

/** One OTLP request of metrics. */
export interface MetricRequest {
  body: Buffer;
  /** True if its figures are in no other request, so that it must arrive. */
  isDelta: boolean;
  exemplars: Exemplar[];
}

interface EncodedPoint {
  exemplars?: object[];
}

interface EncodedRequest {
  resourceMetrics: {
    scopeMetrics: { metrics: { histogram?: { dataPoints: EncodedPoint[] } }[] }[];
  }[];
}

/**
 * Encodes the SDK's collected metrics. Exemplars are sent only in JSON, because the SDK's serializers
 * omit them.
 */
export function encodeMetrics(
  collected: ResourceMetrics,
  exemplars: Exemplars,
  protocol: OtlpProtocol = "http/json",
): MetricRequest {
  const encoded =
    protocol === "http/json" ? encodeJson(collected, exemplars) : encodeProtobuf(collected);
  return { ...encoded, isDelta: isDelta(collected) };
}

function encodeProtobuf(collected: ResourceMetrics): Omit<MetricRequest, "isDelta"> {
  const bytes = ProtobufMetricsSerializer.serializeRequest(collected);
  if (bytes === undefined) throw new Error("OpenTelemetry did not serialize the metrics");
  return { body: Buffer.from(bytes), exemplars: [] };
}

/** The SDK's JSON, with the exemplars added, which its serializer omits. */
function encodeJson(
  collected: ResourceMetrics,
  exemplars: Exemplars,
): Omit<MetricRequest, "isDelta"> {
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
  return { body: Buffer.from(JSON.stringify(request)), exemplars: added };
}

function isDelta({ scopeMetrics }: ResourceMetrics): boolean {
  return scopeMetrics.some(({ metrics }) =>
    metrics.some(
      ({ aggregationTemporality }) => aggregationTemporality === AggregationTemporality.DELTA,
    ),
  );
}

function encodeExemplar({ value, epochMs, span }: Exemplar): object {
  return {
    timeUnixNano: `${epochMs}000000`,
    asDouble: value,
    traceId: span.traceId,
    spanId: span.spanId,
  };
}

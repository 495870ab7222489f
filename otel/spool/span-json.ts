import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { ATTR } from "../attributes.js";

const REQUEST_HEAD = '{"resourceSpans":[';
const REQUEST_TAIL = "]}";
const SCOPES = ',"scopeSpans":[';

/** The span as one `ResourceSpans` of OTLP/JSON, by the serializer of OpenTelemetry's own exporter. */
export function encodeSpan(span: ReadableSpan): Uint8Array {
  const request = JsonTraceSerializer.serializeRequest([span]);
  if (request === undefined) throw new Error("OpenTelemetry did not serialize the span");
  return request.subarray(REQUEST_HEAD.length, -REQUEST_TAIL.length);
}

/** What identifies a span: 48 hex digits. */
export function keyOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return traceId + spanId;
}

/** One OTLP/JSON request. Neighbours of one resource share it, as they do when the SDK sends them. */
export function encodeRequest(spans: readonly string[]): Buffer {
  const groups: { resource: string; scopes: string[] }[] = [];
  for (const span of spans) {
    // Quotes inside a value are escaped, so that this can only be the key itself.
    const cut = span.indexOf(SCOPES);
    const resource = span.slice(0, cut);
    const scopes = span.slice(cut + SCOPES.length, -REQUEST_TAIL.length);
    const group = groups.at(-1);
    if (group?.resource === resource) group.scopes.push(scopes);
    else groups.push({ resource, scopes: [scopes] });
  }
  const joined = groups.map(({ resource, scopes }) => `${resource}${SCOPES}${scopes.join(",")}]}`);
  return Buffer.from(REQUEST_HEAD + joined.join(",") + REQUEST_TAIL);
}

/**
 * A span that never ended, as one that ended when its process last gave a sign of life, and says so.
 * Undefined when the JSON is not a span.
 */
export function endSpan(json: string, endMs: number): Buffer | undefined {
  const found = JSON.parse(json) as {
    scopeSpans?: { spans?: OtlpSpan[] }[];
  };
  const span = found.scopeSpans?.[0]?.spans?.[0];
  if (span === undefined) return undefined;
  const endNs = BigInt(Math.round(endMs * 1000)) * 1000n;
  const startNs = BigInt(span.startTimeUnixNano);
  span.endTimeUnixNano = String(endNs > startNs ? endNs : startNs);
  span.attributes = [
    ...(span.attributes ?? []),
    { key: ATTR.recovered, value: { boolValue: true } },
  ];
  return Buffer.from(JSON.stringify(found));
}

interface OtlpSpan {
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: { key: string; value: object }[];
}

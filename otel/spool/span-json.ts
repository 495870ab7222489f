import { crc32 } from "node:zlib";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import { type Resource, emptyResource } from "@opentelemetry/resources";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { ATTR } from "../spans/attributes.js";
import { copySpan } from "../spans/copy-span.js";

/**
 * The resource of a span in OTLP/JSON: a `ResourceSpans` without spans. It is kept apart from the
 * spans, because all spans of a process share it and it is a third of their bytes.
 */
export interface ResourceJson {
  /** 8 hex digits. */
  id: string;
  json: string;
}

/** A span in OTLP/JSON, made by the serializer of OpenTelemetry's own exporter. */
export interface SpanJson {
  /** 56 hex digits: the trace id, the span id and the id of the resource. */
  key: string;
  resource: ResourceJson;
  /** One `ScopeSpans`. */
  body: Uint8Array;
}

const REQUEST_HEAD = '{"resourceSpans":[';
const REQUEST_TAIL = "]}";
const SCOPES = ',"scopeSpans":[';
const NO_RESOURCE = emptyResource();
export const UNKNOWN_RESOURCE = `{"resource":{"attributes":[]}${SCOPES}]}`;

const resources = new WeakMap<Resource, ResourceJson>();

export function encodeSpan(span: ReadableSpan): SpanJson {
  const bare = serialize(copySpan(span, { resource: NO_RESOURCE }));
  const start = bare.indexOf(SCOPES) + SCOPES.length;
  const body = bare.subarray(start, -`]}${REQUEST_TAIL}`.length);
  const resource = resources.get(span.resource) ?? encodeResource(span, body.length);
  return { key: idOf(span) + resource.id, resource, body };
}

/** The identity of a span: its trace id and its span id. */
export function idOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return traceId + spanId;
}

function encodeResource(span: ReadableSpan, bodyLength: number): ResourceJson {
  const whole = serialize(span);
  // Quotes within a value are escaped, so this can only be the key itself.
  const start = whole.indexOf(SCOPES) + SCOPES.length;
  const head = whole.toString("utf8", REQUEST_HEAD.length, start);
  const tail = whole.toString("utf8", start + bodyLength, whole.length - REQUEST_TAIL.length);
  const json = head + tail;
  const resource = { id: crc32(json).toString(16).padStart(8, "0"), json };
  if (span.resource.asyncAttributesPending !== true) resources.set(span.resource, resource);
  return resource;
}

function serialize(span: ReadableSpan): Buffer {
  const request = JsonTraceSerializer.serializeRequest([span]);
  if (request === undefined) throw new Error("OpenTelemetry did not serialize the span");
  return Buffer.from(request.buffer, request.byteOffset, request.byteLength);
}

/** One OTLP/JSON request. Neighbouring spans of one resource share it, as in a request of the SDK. */
export function encodeRequest(spans: readonly { resource: string; body: Uint8Array }[]): Buffer {
  const parts: (string | Uint8Array)[] = [REQUEST_HEAD];
  let open: string | undefined;
  for (const { resource, body } of spans) {
    if (resource !== open) {
      if (open !== undefined) parts.push(tailOf(open), ",");
      parts.push(resource.slice(0, endOfHead(resource)));
      open = resource;
    } else parts.push(",");
    parts.push(body);
  }
  if (open !== undefined) parts.push(tailOf(open));
  parts.push(REQUEST_TAIL);
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

function tailOf(resource: string): string {
  return resource.slice(endOfHead(resource));
}

function endOfHead(resource: string): number {
  return resource.indexOf(SCOPES) + SCOPES.length;
}

/**
 * Ends a span that never ended, at the last sign of life of its process, and marks it as recovered.
 * Undefined if the JSON is no span.
 */
export function endSpan(body: Buffer, endMs: number): Buffer | undefined {
  const found = parseScope(body);
  const span = found?.spans?.[0];
  if (span === undefined || !/^\d+$/.test(span.startTimeUnixNano)) return undefined;
  const endNs = BigInt(Math.round(endMs * 1000)) * 1000n;
  const startNs = BigInt(span.startTimeUnixNano);
  span.endTimeUnixNano = String(endNs > startNs ? endNs : startNs);
  span.attributes = [
    ...(span.attributes ?? []),
    { key: ATTR.recovered, value: { boolValue: true } },
  ];
  return Buffer.from(JSON.stringify(found));
}

function parseScope(body: Buffer): { spans?: OtlpSpan[] } | undefined {
  try {
    return (JSON.parse(body.toString("utf8")) ?? undefined) as { spans?: OtlpSpan[] } | undefined;
  } catch {
    return undefined;
  }
}

interface OtlpSpan {
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: { key: string; value: object }[];
}

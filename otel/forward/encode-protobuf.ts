import type { Attributes, HrTime, Link, SpanContext } from "@opentelemetry/api";
import { type InstrumentationScope, TraceState } from "@opentelemetry/core";
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import { type Resource, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base";

/**
 * Converts an OTLP/JSON request of spans to protobuf, with the serializer of OpenTelemetry's own
 * exporter.
 */
export function encodeProtobuf(jsonRequest: Buffer): Buffer {
  const request = JSON.parse(jsonRequest.toString("utf8")) as JsonRequest;
  const spans = request.resourceSpans.flatMap(({ resource, scopeSpans, schemaUrl }) => {
    const made = resourceFromAttributes(
      decodeAttributes(resource?.attributes),
      schemaUrl === undefined ? {} : { schemaUrl },
    );
    return scopeSpans.flatMap((scope) => {
      // All spans share one object, because the serializer groups them by it.
      const shared = decodeScope(scope);
      return scope.spans.map((span) => decode(span, shared, made));
    });
  });
  const bytes = ProtobufTraceSerializer.serializeRequest(spans);
  if (bytes === undefined) throw new Error("OpenTelemetry did not serialize the spans");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decodeScope({ scope, schemaUrl }: JsonScope): InstrumentationScope {
  return {
    name: scope?.name ?? "",
    ...(scope?.version === undefined ? {} : { version: scope.version }),
    ...(schemaUrl === undefined ? {} : { schemaUrl }),
  };
}

function decode(
  span: JsonSpan,
  instrumentationScope: InstrumentationScope,
  resource: Resource,
): ReadableSpan {
  const spanContext = decodeContext(span);
  const startTime = decodeTime(span.startTimeUnixNano);
  const { parentSpanId } = span;
  return {
    name: span.name,
    // OTLP counts kinds from 1, because 0 means "not given".
    kind: Math.max(0, (span.kind ?? 1) - 1),
    spanContext: () => spanContext,
    ...(parentSpanId === undefined || parentSpanId === ""
      ? {}
      : { parentSpanContext: { ...spanContext, spanId: parentSpanId, isRemote: isRemote(span) } }),
    startTime,
    endTime: decodeTime(span.endTimeUnixNano),
    duration: [0, 0],
    status: {
      code: span.status?.code ?? 0,
      ...(span.status?.message === undefined ? {} : { message: span.status.message }),
    },
    attributes: decodeAttributes(span.attributes),
    events: (span.events ?? []).map(decodeEvent),
    links: (span.links ?? []).map(decodeLink),
    ended: true,
    resource,
    instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: span.droppedEventsCount ?? 0,
    droppedLinksCount: span.droppedLinksCount ?? 0,
  };
}

function decodeEvent(event: JsonEvent): TimedEvent {
  return {
    name: event.name,
    time: decodeTime(event.timeUnixNano),
    attributes: decodeAttributes(event.attributes),
    droppedAttributesCount: event.droppedAttributesCount ?? 0,
  };
}

function decodeLink(link: JsonLink): Link & { droppedAttributesCount: number } {
  return {
    context: { ...decodeContext(link), isRemote: isRemote(link) },
    attributes: decodeAttributes(link.attributes),
    droppedAttributesCount: link.droppedAttributesCount ?? 0,
  };
}

function decodeContext({ traceId, spanId, traceState, flags }: JsonContext): SpanContext {
  return {
    traceId,
    spanId,
    traceFlags: (flags ?? 0) & 0xff,
    ...(traceState === undefined ? {} : { traceState: new TraceState(traceState) }),
  };
}

/** OTLP has this in a bit of the flags. */
function isRemote({ flags = 0 }: JsonContext): boolean {
  return (flags & 0x200) !== 0;
}

function decodeTime(nanoseconds: string): HrTime {
  const value = BigInt(nanoseconds);
  return [Number(value / 1_000_000_000n), Number(value % 1_000_000_000n)];
}

function decodeAttributes(attributes: JsonAttribute[] | undefined): Attributes {
  return Object.fromEntries(
    (attributes ?? []).map(({ key, value }) => [key, decodeValue(value)]),
  ) as Attributes;
}

function decodeValue(value: JsonValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(decodeValue);
  if (value.kvlistValue !== undefined) return decodeAttributes(value.kvlistValue.values);
  if (value.bytesValue !== undefined) return Buffer.from(value.bytesValue, "base64");
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.doubleValue ?? value.boolValue;
}

interface JsonRequest {
  resourceSpans: {
    resource?: { attributes?: JsonAttribute[] };
    scopeSpans: JsonScope[];
    schemaUrl?: string;
  }[];
}

interface JsonScope {
  scope?: { name?: string; version?: string };
  spans: JsonSpan[];
  schemaUrl?: string;
}

interface JsonContext {
  traceId: string;
  spanId: string;
  traceState?: string;
  flags?: number;
}

interface JsonSpan extends JsonContext {
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: JsonAttribute[];
  events?: JsonEvent[];
  links?: JsonLink[];
  status?: { code?: number; message?: string };
  droppedAttributesCount?: number;
  droppedEventsCount?: number;
  droppedLinksCount?: number;
}

interface JsonEvent {
  name: string;
  timeUnixNano: string;
  attributes?: JsonAttribute[];
  droppedAttributesCount?: number;
}

interface JsonLink extends JsonContext {
  attributes?: JsonAttribute[];
  droppedAttributesCount?: number;
}

interface JsonAttribute {
  key: string;
  value: JsonValue;
}

interface JsonValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number | string;
  doubleValue?: number;
  bytesValue?: string;
  arrayValue?: { values?: JsonValue[] };
  kvlistValue?: { values?: JsonAttribute[] };
}

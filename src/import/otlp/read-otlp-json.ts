import { type Fields, asFields, fieldsAt, isMoment, listAt } from "../fields.js";
import type { ReceivedSpan, SpanMoment } from "./received-span.js";

const STATUS_ERROR = 2;

/** Whether a value is a request of OTLP/JSON with spans, as a Collector's file exporter writes it. */
export function isTraceRequest(value: unknown): boolean {
  return Array.isArray(asFields(value)?.["resourceSpans"]);
}

/**
 * The spans of a request of OTLP/JSON. A span without valid ids is left out, because nobody could tell
 * it from another.
 */
export function* readOtlpJson(request: unknown): Generator<ReceivedSpan, undefined> {
  for (const resourceSpans of listAt(asFields(request) ?? {}, "resourceSpans")) {
    const resource = readAttributes(fieldsAt(resourceSpans, "resource"));
    // Collectors before 2022 wrote the second name.
    for (const group of [
      ...listAt(resourceSpans, "scopeSpans"),
      ...listAt(resourceSpans, "instrumentationLibrarySpans"),
    ]) {
      const named = asFields(group["scope"]) ?? fieldsAt(group, "instrumentationLibrary");
      const scope = typeof named["name"] === "string" ? named["name"] : "";
      for (const span of listAt(group, "spans")) {
        const read = readSpan(span, scope, resource);
        if (read !== undefined) yield read;
      }
    }
  }
  return undefined;
}

function readSpan(span: Fields, scope: string, resource: Fields): ReceivedSpan | undefined {
  const traceId = readId(span["traceId"], 16);
  const spanId = readId(span["spanId"], 8);
  if (traceId === undefined || spanId === undefined) return undefined;
  const status = fieldsAt(span, "status");
  return {
    traceId,
    spanId,
    parentSpanId: readId(span["parentSpanId"], 8),
    name: typeof span["name"] === "string" ? span["name"] : "",
    scope,
    resource,
    startMs: readNanoseconds(span["startTimeUnixNano"]),
    endMs: readNanoseconds(span["endTimeUnixNano"]),
    attributes: readAttributes(span),
    moments: listAt(span, "events").map(readMoment),
    isFailed: status["code"] === STATUS_ERROR || status["code"] === "STATUS_CODE_ERROR",
    statusMessage: typeof status["message"] === "string" ? status["message"] : undefined,
  };
}

function readMoment(event: Fields): SpanMoment {
  return {
    name: typeof event["name"] === "string" ? event["name"] : "",
    atMs: readNanoseconds(event["timeUnixNano"]),
    attributes: readAttributes(event),
  };
}

/** An id as OTLP/JSON has it, in hex, or as other JSON encoders of protobuf write it, in base64. */
function readId(value: unknown, bytes: number): string | undefined {
  if (typeof value !== "string") return undefined;
  const hex = isHex(value, bytes)
    ? value.toLowerCase()
    : Buffer.from(value, "base64").toString("hex");
  return isHex(hex, bytes) && !/^0*$/.test(hex) ? hex : undefined;
}

function isHex(text: string, bytes: number): boolean {
  return text.length === 2 * bytes && /^[0-9a-f]+$/i.test(text);
}

/** Nanoseconds as milliseconds. They are cut as a text, because no number holds all their digits. */
function readNanoseconds(value: unknown): number | undefined {
  const text = typeof value === "number" ? value.toFixed(0) : value;
  if (typeof text !== "string" || !/^\d{16,20}$/.test(text)) return undefined;
  const ms = Number(text.slice(0, -6)) + Number(text.slice(-6)) / 1e6;
  return isMoment(ms) ? ms : undefined;
}

/** The attributes of a resource, a span or an event. Of one name twice, the last one counts. */
function readAttributes(holder: Fields): Fields {
  // Without a prototype, because a name may be `__proto__`.
  const attributes = Object.create(null) as { [key: string]: unknown };
  const list = holder["attributes"];
  if (!Array.isArray(list)) return attributes;
  for (const entry of list) {
    const fields = asFields(entry);
    if (typeof fields?.["key"] === "string")
      attributes[fields["key"]] = readValue(asFields(fields["value"]));
  }
  return attributes;
}

/** The value of an `AnyValue`. JSON is at most 500 levels deep where it gets here. */
function readValue(value: Fields | undefined): unknown {
  if (value === undefined) return undefined;
  if ("stringValue" in value) return value["stringValue"];
  if ("boolValue" in value) return value["boolValue"];
  if ("intValue" in value) return readNumber(value["intValue"]);
  if ("doubleValue" in value) return readNumber(value["doubleValue"]);
  if ("arrayValue" in value) return listAt(fieldsAt(value, "arrayValue"), "values").map(readValue);
  if ("kvlistValue" in value)
    return readAttributes({ attributes: fieldsAt(value, "kvlistValue")["values"] });
  return value["bytesValue"];
}

/** JSON of protobuf writes 64-bit integers, `NaN` and `Infinity` as texts. */
function readNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

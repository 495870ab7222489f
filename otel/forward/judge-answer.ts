import {
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import type { Verdict } from "./verdict.js";

/** The signal that is sent, as it is in the names of OpenTelemetry's variables. */
export type OtlpSignal = "TRACES" | "METRICS";

/** The encoding of requests, as `OTEL_EXPORTER_OTLP_PROTOCOL` names it. */
export type OtlpProtocol = "http/json" | "http/protobuf";

/** One complete answer of an endpoint. */
export interface Answer {
  status: number;
  contentType: string | undefined;
  body: Buffer;
}

const REJECTED = {
  TRACES: { keys: ["rejectedSpans", "rejected_spans"], things: "spans" },
  METRICS: { keys: ["rejectedDataPoints", "rejected_data_points"], things: "data points" },
} as const;

/** With these the endpoint says that it is busy or away. They say nothing against the request. */
const BUSY = new Set([408, 425, 429, 502, 503, 504]);

/** OTLP names the first one; the registered name is without `x-`. */
const PROTOBUF = /^application\/(?:x-)?protobuf\b/i;
const BYTE_ORDER_MARK = /^\ufeff/;

/** Decides whether a request was accepted. */
export function judgeAnswer(answer: Answer, signal: OtlpSignal, protocol: OtlpProtocol): Verdict {
  const { status } = answer;
  if (status < 200 || status > 299) {
    const isRefused = status >= 400 && !BUSY.has(status);
    const why = `status ${status}${status === 415 ? adviseProtocol(protocol) : ""}`;
    return { outcome: isRefused ? "refused" : "unavailable", why };
  }
  const rejected = countRejected(answer, signal);
  if (rejected === 0) return { outcome: "accepted" };
  return rejected === undefined
    ? { outcome: "unavailable", why: `status ${status}, but the answer is not OTLP` }
    : { outcome: "refused", why: `it rejects ${rejected} ${REJECTED[signal].things}` };
}

/** Names the setting to use if the endpoint wants the other encoding. */
function adviseProtocol(protocol: OtlpProtocol): string {
  const other: OtlpProtocol = protocol === "http/json" ? "http/protobuf" : "http/json";
  return `, it does not take ${protocol}; try OTEL_EXPORTER_OTLP_PROTOCOL=${other}`;
}

/**
 * How many spans or data points an answer rejects; undefined if it is no OTLP answer.
 *
 * - OTLP ignores unknown keys.
 * - A body that is empty, or that has only white space, rejects nothing. Some proxies end each answer
 *   with a line feed.
 * - RFC 8259 lets a reader skip a byte order mark before JSON.
 * - A page of HTML shows that something else answered.
 */
function countRejected({ contentType, body }: Answer, signal: OtlpSignal): number | undefined {
  const isProtobuf = PROTOBUF.test(contentType ?? "");
  const text = isProtobuf ? "" : body.toString("utf8").replace(BYTE_ORDER_MARK, "");
  if (isProtobuf ? body.length === 0 : text.trim() === "") return 0;
  const found = isProtobuf ? parseProtobuf(body, signal) : parseObject(text);
  if (found === undefined) return undefined;
  const partial = found["partialSuccess"] ?? found["partial_success"] ?? undefined;
  if (partial === undefined) return 0;
  if (typeof partial !== "object" || Array.isArray(partial)) return undefined;
  const [key, otherKey] = REJECTED[signal].keys;
  const values = partial as { [key: string]: unknown };
  const rejected = Number(values[key] ?? values[otherKey] ?? 0);
  return Number.isInteger(rejected) && rejected >= 0 ? rejected : undefined;
}

function parseProtobuf(body: Buffer, signal: OtlpSignal): { [key: string]: unknown } | undefined {
  const serializer = signal === "TRACES" ? ProtobufTraceSerializer : ProtobufMetricsSerializer;
  try {
    return { ...serializer.deserializeResponse(body) };
  } catch {
    return undefined;
  }
}

function parseObject(json: string): { [key: string]: unknown } | undefined {
  try {
    const found: unknown = JSON.parse(json);
    const isObject = typeof found === "object" && found !== null && !Array.isArray(found);
    return isObject ? (found as { [key: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}

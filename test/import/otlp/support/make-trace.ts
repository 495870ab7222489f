/** A span as a test writes it: times in seconds from the start of its call. */
export interface MadeSpan {
  name: string;
  /** Two spans of a trace must not have one id. Ids are texts here, and become hex. */
  id: string;
  parent?: string;
  from: number;
  to: number;
  attributes?: { [key: string]: unknown };
  moments?: { name: string; at: number; attributes?: { [key: string]: unknown } }[];
  hasFailed?: boolean;
  scope?: string;
}

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: unknown[];
  events: unknown[];
  status: object;
}

export interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: unknown[] };
    scopeSpans: { scope: { name: string }; spans: OtlpSpan[] }[];
  }[];
}

/** When made calls begin, in milliseconds since 1970. */
export const START_MS = Date.UTC(2026, 2, 4, 9, 30);

export const PYTHON = { "telemetry.sdk.language": "python", "service.name": "parcel-desk" };
export const NODE = { "telemetry.sdk.language": "nodejs", "service.name": "parcel-desk" };

/** A request of OTLP/JSON with these spans, each in a group of its own as far as scopes differ. */
export function makeRequest(
  resource: { [key: string]: unknown },
  scope: string,
  spans: readonly MadeSpan[],
  trace = "a-trace",
): OtlpRequest {
  const scopes = [...new Set(spans.map((span) => span.scope ?? scope))];
  return {
    resourceSpans: [
      {
        resource: { attributes: toAttributes(resource) },
        scopeSpans: scopes.map((name) => ({
          scope: { name },
          spans: spans
            .filter((span) => (span.scope ?? scope) === name)
            .map((span) => toSpan(span, trace)),
        })),
      },
    ],
  };
}

function toSpan(span: MadeSpan, trace: string): OtlpSpan {
  return {
    traceId: toHex(trace, 32),
    spanId: toHex(span.id, 16),
    ...(span.parent !== undefined && { parentSpanId: toHex(span.parent, 16) }),
    name: span.name,
    startTimeUnixNano: toNanoseconds(span.from),
    endTimeUnixNano: toNanoseconds(span.to),
    attributes: toAttributes(span.attributes ?? {}),
    events: (span.moments ?? []).map(({ name, at, attributes = {} }) => ({
      name,
      timeUnixNano: toNanoseconds(at),
      attributes: toAttributes(attributes),
    })),
    status: span.hasFailed === true ? { code: 2, message: "it failed" } : {},
  };
}

export function toHex(text: string, digits: number): string {
  return Buffer.from(text).toString("hex").padEnd(digits, "0").slice(-digits);
}

/** Unix seconds of a moment of a made call. */
export function unixSeconds(atS: number): number {
  return START_MS / 1000 + atS;
}

function toNanoseconds(atS: number): string {
  return String(BigInt(Math.round((START_MS + atS * 1000) * 1000)) * 1000n);
}

function toAttributes(values: { [key: string]: unknown }): { key: string; value: object }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: toAnyValue(value) }));
}

function toAnyValue(value: unknown): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toAnyValue) } };
  if (Number.isInteger(value)) return { intValue: String(value) };
  return { doubleValue: value };
}

/** Every span of requests, each in a request of its own. */
export function splitRequests(requests: readonly OtlpRequest[]): OtlpRequest[] {
  return requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ scope, spans }) =>
        spans.map((span) => ({
          resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [span] }] }],
        })),
      ),
    ),
  );
}

export function toLines(requests: readonly OtlpRequest[]): string {
  return requests.map((request) => `${JSON.stringify(request)}\n`).join("");
}

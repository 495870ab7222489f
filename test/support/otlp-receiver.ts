import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { gunzipSync } from "node:zlib";
import { z } from "zod";

/** The JSON encoding of OTLP/HTTP traces, as strictly as the specification allows. */
const anyValue: z.ZodType<AnyValue> = z.lazy(() =>
  z.union([
    z.strictObject({ stringValue: z.string() }),
    z.strictObject({ boolValue: z.boolean() }),
    z.strictObject({ intValue: z.union([z.number().int(), z.string().regex(/^-?\d+$/)]) }),
    z.strictObject({ doubleValue: z.number() }),
    z.strictObject({ bytesValue: z.string() }),
    z.strictObject({ arrayValue: z.strictObject({ values: z.array(anyValue).optional() }) }),
    z.strictObject({ kvlistValue: z.strictObject({ values: z.array(keyValue).optional() }) }),
    z.strictObject({}),
  ]),
);
const keyValue: z.ZodType<{ key: string; value: AnyValue }> = z.lazy(() =>
  z.strictObject({ key: z.string().min(1), value: anyValue }),
);
type AnyValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: number | string }
  | { doubleValue: number }
  | { bytesValue: string }
  | { arrayValue: { values?: AnyValue[] | undefined } }
  | { kvlistValue: { values?: { key: string; value: AnyValue }[] | undefined } }
  | Record<string, never>;

const nanoseconds = z.string().regex(/^\d{18,20}$/);
const span = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  traceState: z.string().optional(),
  flags: z.number().optional(),
  name: z.string().min(1),
  kind: z.number().int().min(0).max(5),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes: z.array(keyValue).optional(),
  droppedAttributesCount: z.number().optional(),
  events: z.array(z.looseObject({ name: z.string(), timeUnixNano: nanoseconds })).optional(),
  droppedEventsCount: z.number().optional(),
  links: z.array(z.looseObject({})).optional(),
  droppedLinksCount: z.number().optional(),
  status: z.looseObject({ code: z.number().optional() }).optional(),
});
const request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.looseObject({ attributes: z.array(keyValue) }),
      schemaUrl: z.string().optional(),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.looseObject({ name: z.string() }),
          schemaUrl: z.string().optional(),
          spans: z.array(span),
        }),
      ),
    }),
  ),
});

const count = z.union([z.number().int(), z.string().regex(/^\d+$/)]);
const point = {
  attributes: z.array(keyValue),
  startTimeUnixNano: nanoseconds,
  timeUnixNano: nanoseconds,
  flags: z.number().optional(),
};
const exemplar = z.strictObject({
  timeUnixNano: nanoseconds,
  asDouble: z.number(),
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
});
const numberPoints = z.array(
  z.strictObject({
    ...point,
    asDouble: z.number().optional(),
    asInt: z.union([z.number().int(), z.string()]).optional(),
  }),
);
const histogramPoint = z.strictObject({
  ...point,
  count,
  sum: z.number(),
  min: z.number().optional(),
  max: z.number().optional(),
  bucketCounts: z.array(count),
  explicitBounds: z.array(z.number()),
  exemplars: z.array(exemplar).optional(),
});
/** 1 is the differences since the last request, 2 the sums since the beginning. */
const temporality = z.union([z.literal(1), z.literal(2)]);
const metric = z.strictObject({
  name: z.string().min(1),
  description: z.string(),
  unit: z.string().min(1),
  histogram: z
    .strictObject({ aggregationTemporality: temporality, dataPoints: z.array(histogramPoint) })
    .optional(),
  sum: z
    .strictObject({
      aggregationTemporality: temporality,
      isMonotonic: z.boolean(),
      dataPoints: numberPoints,
    })
    .optional(),
  gauge: z.strictObject({ dataPoints: numberPoints }).optional(),
});
const metricsRequest = z.strictObject({
  resourceMetrics: z.array(
    z.strictObject({
      resource: z.looseObject({ attributes: z.array(keyValue) }),
      schemaUrl: z.string().optional(),
      scopeMetrics: z.array(
        z.strictObject({
          scope: z.looseObject({ name: z.string() }),
          schemaUrl: z.string().optional(),
          metrics: z.array(metric),
        }),
      ),
    }),
  ),
});

/** One data point of one metric. */
export interface ReceivedPoint {
  name: string;
  unit: string;
  scope: string;
  resource: { [key: string]: unknown };
  attributes: { [key: string]: unknown };
  /** Of a counter or a gauge the value, of a histogram the sum. */
  value: number;
  /** Of a histogram. */
  count?: number;
  min?: number | undefined;
  max?: number | undefined;
  bounds?: number[];
  exemplars?: { value: number; traceId: string; spanId: string }[];
}

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  scope: string;
  service: string;
  startMs: number;
  endMs: number;
  attributes: { [key: string]: unknown };
}

/**
 * How requests are answered. Only `accept` and `slow` keep what they got, `half` every other span.
 *
 * - `reset`: the connection is. `hang`: never. `endless`: a body without an end. `trickle`: the same,
 *   a byte at a time.
 * - `garbage`: 200 with what is no OTLP answer. `partial`: 200 that rejects every span, `half`: every
 *   other one, without saying which.
 * - `switch`: 101, a switch of protocols, and silence.
 * - `slow`: accepted, half a second later.
 */
export type AnswerMode =
  | "accept"
  | "reset"
  | "hang"
  | "endless"
  | "trickle"
  | "garbage"
  | "partial"
  | "half"
  | "switch"
  | "slow"
  | { status: number; retryAfter?: string }
  /** 400 for each request with a span of this name. */
  | { refuseName: string };

export interface OtlpReceiver {
  mode: AnswerMode;
  /** When each request arrived, in epoch milliseconds. */
  requestTimes: number[];
  /** The headers of the last request. */
  lastHeaders: IncomingMessage["headers"];
  /** The endpoint without a path: `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string;
  spans: ReceivedSpan[];
  /** The metrics of each request, in order: sums since the beginning, so the last tells all. */
  metrics: ReceivedPoint[][];
  /** Whether there is a place for metrics; Jaeger has none. */
  takesMetrics: boolean;
  /** The sizes of the batches, in spans. */
  batches: number[];
  /** What was refused, and why. */
  refusals: string[];
  stop(): Promise<void>;
}

/** A real OTLP/HTTP receiver on loopback. It decodes what it gets and refuses what is malformed. */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const batches: number[] = [];
  const refusals: string[] = [];
  const requestTimes: number[] = [];
  const metrics: ReceivedPoint[][] = [];
  const receiver = {
    mode: "accept" as AnswerMode,
    takesMetrics: true,
    lastHeaders: {} as IncomingMessage["headers"],
  };

  function refuse(response: ServerResponse, status: number, why: string): void {
    refusals.push(why);
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(JSON.stringify({ message: why }));
  }

  const server = createServer((incoming, response) => {
    void readBody(incoming).then((body) => {
      const isMetrics = incoming.url === "/v1/metrics" && receiver.takesMetrics;
      if (incoming.method !== "POST" || (incoming.url !== "/v1/traces" && !isMetrics)) {
        return refuse(response, 404, `${incoming.method} ${incoming.url} is no place to send to`);
      }
      if (incoming.headers["content-type"] !== "application/json") {
        return refuse(response, 415, `content-type ${incoming.headers["content-type"]}`);
      }
      if (isMetrics) {
        const decoded = metricsRequest.safeParse(parseJson(body));
        if (!decoded.success) return refuse(response, 400, z.prettifyError(decoded.error));
        const { mode } = receiver;
        if (mode !== "accept" && mode !== "slow") return answerBadly(response, mode, 1);
        metrics.push(decoded.data.resourceMetrics.flatMap(toPoints));
        response.writeHead(200, { "content-type": "application/json" }).end("{}");
        return;
      }
      const decoded = request.safeParse(parseJson(body));
      if (!decoded.success) return refuse(response, 400, z.prettifyError(decoded.error));
      const received = decoded.data.resourceSpans.flatMap(toSpans);
      requestTimes.push(Date.now());
      receiver.lastHeaders = incoming.headers;
      const { mode } = receiver;
      if (mode !== "accept" && mode !== "slow" && isSpoilt(mode, received)) {
        if (mode === "half") spans.push(...received.filter((_, at) => at % 2 === 0));
        return answerBadly(response, mode, received.length);
      }
      batches.push(received.length);
      spans.push(...received);
      const accept = (): void =>
        void response.writeHead(200, { "content-type": "application/json" }).end("{}");
      if (mode === "slow") setTimeout(accept, 500);
      else accept();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the receiver has no port");
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${address.port}`,
    spans,
    metrics,
    batches,
    refusals,
    requestTimes,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

type BadMode = Exclude<AnswerMode, "accept" | "slow">;

function isSpoilt(mode: BadMode, spans: ReceivedSpan[]): boolean {
  if (typeof mode === "string" || "status" in mode) return true;
  return spans.some(({ name }) => name === mode.refuseName);
}

function answerBadly(response: ServerResponse, mode: BadMode, spanCount: number): void {
  const json = { "content-type": "application/json" };
  if (typeof mode === "object") {
    const status = "status" in mode ? mode.status : 400;
    const retryAfter = "status" in mode ? mode.retryAfter : undefined;
    response
      .writeHead(status, { ...json, ...(retryAfter && { "retry-after": retryAfter }) })
      .end('{"code":3,"message":"refused for the test"}');
    return;
  }
  switch (mode) {
    case "reset":
      response.socket?.resetAndDestroy();
      break;
    case "hang":
      break;
    case "endless":
    case "trickle": {
      response.writeHead(200, json);
      const bytes = " ".repeat(mode === "endless" ? 16_384 : 1);
      const timer = setInterval(() => response.write(bytes), 10);
      response.on("close", () => clearInterval(timer));
      break;
    }
    case "garbage":
      response.writeHead(200, { "content-type": "text/html" }).end("<p>Please log in</p>");
      break;
    case "partial":
    case "half": {
      const rejected = mode === "half" ? Math.floor(spanCount / 2) : spanCount;
      response.writeHead(200, json).end(
        JSON.stringify({
          partialSuccess: {
            rejectedSpans: String(rejected),
            rejectedDataPoints: String(rejected),
          },
        }),
      );
      break;
    }
    case "switch":
      response.socket?.write(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
      );
  }
}

function toSpans({
  resource,
  scopeSpans,
}: z.infer<typeof request>["resourceSpans"][number]): ReceivedSpan[] {
  const service = String(toRecord(resource.attributes)["service.name"]);
  return scopeSpans.flatMap(({ scope, spans }) =>
    spans.map((each) => ({
      traceId: each.traceId,
      spanId: each.spanId,
      parentSpanId: each.parentSpanId,
      name: each.name,
      scope: scope.name,
      service,
      startMs: Number(BigInt(each.startTimeUnixNano) / 1000n) / 1000,
      endMs: Number(BigInt(each.endTimeUnixNano) / 1000n) / 1000,
      attributes: toRecord(each.attributes ?? []),
    })),
  );
}

function toPoints({
  resource,
  scopeMetrics,
}: z.infer<typeof metricsRequest>["resourceMetrics"][number]): ReceivedPoint[] {
  const about = toRecord(resource.attributes);
  return scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.flatMap(({ name, unit, histogram, sum, gauge }) => {
      const shared = { name, unit, scope: scope.name, resource: about };
      const numbers = (sum ?? gauge)?.dataPoints ?? [];
      return [
        ...numbers.map(({ attributes, asDouble, asInt }) => ({
          ...shared,
          attributes: toRecord(attributes),
          value: Number(asDouble ?? asInt),
        })),
        ...(histogram?.dataPoints ?? []).map((each) => ({
          ...shared,
          attributes: toRecord(each.attributes),
          value: each.sum,
          count: Number(each.count),
          min: each.min,
          max: each.max,
          bounds: each.explicitBounds,
          exemplars: (each.exemplars ?? []).map(({ asDouble, traceId, spanId }) => ({
            value: asDouble,
            traceId,
            spanId,
          })),
        })),
      ];
    }),
  );
}

function toRecord(attributes: { key: string; value: AnyValue }[]): { [key: string]: unknown } {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, toPlain(value)]));
}

function toPlain(value: AnyValue): unknown {
  if ("intValue" in value) return Number(value.intValue);
  if ("arrayValue" in value) return (value.arrayValue.values ?? []).map(toPlain);
  if ("kvlistValue" in value) return toRecord(value.kvlistValue.values ?? []);
  return Object.values(value)[0];
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return incoming.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { convertLegacyHttpOptions } from "@opentelemetry/otlp-exporter-base/node-http";
import { readPackageVersion } from "../../src/record/index.js";
import { messageOf } from "../../src/platform/message-of.js";

/**
 * What became of one request.
 *
 * - `accepted`: a valid OTLP answer that rejects no span.
 * - `refused`: an answer to just this request; another one may fare better.
 * - `unavailable`: no answer, or one that says nothing about the request.
 */
export type Verdict =
  | { outcome: "accepted" }
  | {
      outcome: "refused" | "unavailable";
      why: string;
      /** How long the endpoint asked to be left alone. */
      retryAfterMs?: number;
    };

/** A verdict that is not `accepted`. */
export type Failure = Exclude<Verdict, { outcome: "accepted" }>;

/** Whether the endpoint refused just this request, and did not ask to be left alone. */
export function isRefusal({ outcome, retryAfterMs }: Failure): boolean {
  return outcome === "refused" && retryAfterMs === undefined;
}

export interface OtlpSender {
  /** Sends one OTLP/JSON request, once. Never rejects. */
  send(body: Buffer): Promise<Verdict>;
  /** Breaks off what is under way and closes its connections. */
  close(): void;
}

/** What is sent: OpenTelemetry's variables have it in their names. */
export type OtlpSignal = "TRACES" | "METRICS";

/** How an answer says that it does not take all. */
interface RejectedCount {
  key: "rejectedSpans" | "rejectedDataPoints";
  things: string;
}

const SIGNALS: { [signal in OtlpSignal]: { path: string; rejected: RejectedCount } } = {
  TRACES: { path: "v1/traces", rejected: { key: "rejectedSpans", things: "spans" } },
  METRICS: { path: "v1/metrics", rejected: { key: "rejectedDataPoints", things: "data points" } },
};

/** An answer to a trace request is two numbers and a sentence at most. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** These say that the endpoint is busy or away, not that it dislikes the spans. */
const BUSY = new Set([408, 425, 429, 502, 503, 504]);
const compress = promisify(gzip);

/**
 * A sender for one endpoint. Headers, compression and certificates come from the standard
 * `OTEL_EXPORTER_OTLP_*` variables, read by OpenTelemetry's own code.
 *
 * The SDK's exporter does not serve here: it takes any answer of status 200 for success and does
 * not tell how long the endpoint wants to be left alone.
 */
export function createOtlpSender(
  url: string,
  timeoutMs: number,
  signal: OtlpSignal = "TRACES",
): OtlpSender {
  const { path, rejected } = SIGNALS[signal];
  const options = convertLegacyHttpOptions({ url }, signal, path, {
    "content-type": "application/json",
    "user-agent": `talktrace/${readPackageVersion()}`,
  });
  const target = new URL(url);
  const startRequest = target.protocol === "https:" ? requestHttps : requestHttp;
  const agent = Promise.resolve(options.agentFactory(target.protocol));
  const underWay = new Set<ClientRequest>();
  let isClosed = false;

  async function send(body: Buffer): Promise<Verdict> {
    try {
      const isGzip = options.compression === "gzip";
      const headers = {
        ...(await options.headers()),
        ...(isGzip ? { "content-encoding": "gzip" } : {}),
      };
      const content = isGzip ? await compress(body) : body;
      return await post(content, { ...headers, "content-length": content.length }, await agent);
    } catch (error) {
      return { outcome: "unavailable", why: messageOf(error) };
    }
  }

  function post(
    content: Buffer,
    headers: { [name: string]: string | number },
    withAgent: Awaited<typeof agent>,
  ): Promise<Verdict> {
    return new Promise((resolve) => {
      if (isClosed) return resolve({ outcome: "unavailable", why: "shut down" });
      const request = startRequest(target, { method: "POST", headers, agent: withAgent });
      underWay.add(request);
      // Over all: an endpoint that sends a byte now and then must not hold anything up.
      const deadline = setTimeout(
        () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      let retryAfterMs: number | undefined;
      const settle = (verdict: Verdict): void => {
        clearTimeout(deadline);
        underWay.delete(request);
        resolve(
          verdict.outcome === "accepted" || retryAfterMs === undefined
            ? verdict
            : { ...verdict, retryAfterMs },
        );
      };
      request.on("response", (response) => {
        retryAfterMs = readRetryAfter(response.headers["retry-after"]);
        readAnswer(response).then(
          (answer) =>
            settle(
              judge(response.statusCode ?? 0, response.headers["content-type"], answer, rejected),
            ),
          (error: unknown) => {
            request.destroy();
            settle({ outcome: "unavailable", why: messageOf(error) });
          },
        );
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (request.reusedSocket && error.code === "ECONNRESET") {
          // The endpoint closed an idle connection just as it was to be used: that is no fault.
          clearTimeout(deadline);
          underWay.delete(request);
          return resolve(post(content, headers, withAgent));
        }
        settle({ outcome: "unavailable", why: messageOf(error) });
      });
      request.end(content);
    });
  }

  return {
    send,
    close() {
      isClosed = true;
      for (const request of underWay) request.destroy(new Error("shut down"));
      void agent.then((found) => found.destroy());
    },
  };
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > MAX_ANSWER_BYTES)
      throw new Error(`an answer of over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function judge(
  status: number,
  contentType: string | undefined,
  answer: string,
  { key, things }: RejectedCount,
): Verdict {
  if (status < 200 || status > 299) {
    return {
      outcome: status >= 400 && !BUSY.has(status) ? "refused" : "unavailable",
      why: `status ${status}`,
    };
  }
  const rejected = countRejected(contentType, answer, key);
  if (rejected === 0) return { outcome: "accepted" };
  return rejected === undefined
    ? { outcome: "unavailable", why: `status ${status}, but the answer is not OTLP` }
    : { outcome: "refused", why: `it rejects ${rejected} ${things}` };
}

/** How much an answer rejects; undefined when it is no `ExportTraceServiceResponse`, or its like. */
function countRejected(
  contentType: string | undefined,
  answer: string,
  key: RejectedCount["key"],
): number | undefined {
  // Protobuf encodes a response that says nothing in no bytes, and some endpoints do so for JSON.
  if (answer === "")
    return /^application\/(json|x-protobuf)\b/.test(contentType ?? "") ? 0 : undefined;
  const found = parseObject(answer);
  if (found === undefined) return undefined;
  const { partialSuccess, ...others } = found;
  if (Object.keys(others).length > 0) return undefined;
  if (partialSuccess === undefined || partialSuccess === null) return 0;
  if (typeof partialSuccess !== "object") return undefined;
  const rejected = Number((partialSuccess as { [key: string]: unknown })[key] ?? 0);
  return Number.isInteger(rejected) && rejected >= 0 ? rejected : undefined;
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

/** `Retry-After` in either of its forms, seconds or a date. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const delayMs = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return delayMs > 0 ? delayMs : undefined;
}

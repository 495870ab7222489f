import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { convertLegacyHttpOptions } from "@opentelemetry/otlp-exporter-base/node-http";
import { messageOf } from "../../src/platform/message-of.js";
import { readOwnVersion, withoutTracing } from "../spans/without-tracing.js";
import { type OtlpProtocol, type OtlpSignal, judgeAnswer } from "./judge-answer.js";
import {
  type Outcome,
  type RequestOptions,
  type SentRequest,
  sendRequest,
} from "./send-request.js";
import type { Verdict } from "./verdict.js";

export type { OtlpProtocol, OtlpSignal } from "./judge-answer.js";
export type { Verdict } from "./verdict.js";

export interface OtlpSender {
  /** The encoding that `body` must have. Default: `http/json`. */
  readonly protocol?: OtlpProtocol;
  /** Sends one OTLP request, once. Always resolves within the timeout, and never rejects. */
  send(body: Buffer): Promise<Verdict>;
  /** Breaks off active requests and closes the connections. */
  close(): void;
}

export interface OtlpSenderOptions {
  signal?: OtlpSignal;
  protocol?: OtlpProtocol;
}

/** The longest pause after `Retry-After`, however long a pause the endpoint asks for. */
export const MAX_RETRY_AFTER_MS = 10 * 60_000;

const PATHS: { [signal in OtlpSignal]: string } = { TRACES: "v1/traces", METRICS: "v1/metrics" };
const CONTENT_TYPES: { [protocol in OtlpProtocol]: string } = {
  "http/json": "application/json",
  "http/protobuf": "application/x-protobuf",
};
const compress = promisify(gzip);

/**
 * A sender for one endpoint. OpenTelemetry's own code reads headers, compression and certificates from
 * the standard `OTEL_EXPORTER_OTLP_*` variables.
 *
 * The SDK's exporter cannot be used, because it takes any answer of status 200 for success and does not
 * tell `Retry-After`.
 */
export function createOtlpSender(
  url: string,
  timeoutMs: number,
  { signal = "TRACES", protocol = "http/json" }: OtlpSenderOptions = {},
): OtlpSender {
  const options = convertLegacyHttpOptions({ url }, signal, PATHS[signal], {
    "content-type": CONTENT_TYPES[protocol],
    "user-agent": `talktrace/${readOwnVersion()}`,
  });
  const target = new URL(url);
  const agent = Promise.resolve(options.agentFactory(target.protocol));
  // If the agent cannot be made, each request reports it. An unhandled rejection here would end the
  // process.
  agent.catch(() => undefined);
  const underWay = new Set<SentRequest>();
  let isClosed = false;

  async function post(body: Buffer): Promise<Verdict> {
    const isGzip = options.compression === "gzip";
    const content = isGzip ? await compress(body) : body;
    const request = {
      target,
      headers: {
        ...(await options.headers()),
        ...(isGzip ? { "content-encoding": "gzip" } : {}),
        "content-length": content.length,
      },
      agent: await agent,
      content,
    };
    if (isClosed) return { outcome: "unavailable", why: "shut down" };
    const outcome = await sendInTime(request);
    if ("why" in outcome) return { outcome: "unavailable", why: outcome.why };
    const verdict = judgeAnswer(outcome.answer, signal, protocol);
    const retryAfterMs = readRetryAfter(outcome.retryAfter);
    return verdict.outcome === "accepted" || retryAfterMs === undefined
      ? verdict
      : { ...verdict, retryAfterMs };
  }

  /** The timeout covers the whole request. So an endpoint that sends a byte now and then delays nothing. */
  async function sendInTime(request: RequestOptions): Promise<Outcome> {
    const sent = sendRequest(request);
    underWay.add(sent);
    const deadline = setTimeout(() => sent.breakOff(`no answer within ${timeoutMs} ms`), timeoutMs);
    try {
      return await sent.outcome;
    } finally {
      clearTimeout(deadline);
      underWay.delete(sent);
    }
  }

  return {
    protocol,
    async send(body) {
      if (isClosed) return { outcome: "unavailable", why: "shut down" };
      try {
        return await withoutTracing(() => post(body));
      } catch (error) {
        return { outcome: "unavailable", why: messageOf(error) };
      }
    },
    close() {
      isClosed = true;
      for (const request of underWay) request.breakOff("shut down");
      agent.then((found) => found.destroy()).catch(() => undefined);
    },
  };
}

/** Reads `Retry-After`, which is a number of seconds or a date. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const delayMs = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return delayMs > 0 ? Math.min(delayMs, MAX_RETRY_AFTER_MS) : undefined;
}

import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { request as requestHttps } from "node:https";
import { messageOf } from "../../src/platform/message-of.js";
import type { Answer } from "./judge-answer.js";

/** An answer to an export request has at most two numbers and a sentence. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The result of a request: an answer, or the reason why there is none. */
export type Outcome = { answer: Answer; retryAfter: string | undefined } | { why: string };

export interface RequestOptions {
  target: URL;
  headers: { [name: string]: string | number };
  agent: Agent;
  content: Uint8Array;
}

export interface SentRequest {
  /** Resolves however the request ends. Never rejects. */
  outcome: Promise<Outcome>;
  /** Ends the request now, with this reason. */
  breakOff(why: string): void;
}

/**
 * Sends one request. It also has an outcome if the endpoint switches protocols (101) or closes the
 * connection without an answer.
 */
export function sendRequest({ target, headers, agent, content }: RequestOptions): SentRequest {
  const start = target.protocol === "https:" ? requestHttps : requestHttp;
  let request: ClientRequest;
  let breakOff = (_why: string): void => undefined;
  let isBrokenOff = false;
  const outcome = new Promise<Outcome>((resolve) => {
    breakOff = (why) => {
      isBrokenOff = true;
      resolve({ why });
      request.destroy();
    };
    function post(): void {
      let hasAnswer = false;
      let isRetried = false;
      request = start(target, { method: "POST", headers, agent });
      request.on("response", (response) => {
        hasAnswer = true;
        readOutcome(response, request).then(resolve, (error: unknown) => {
          request.destroy();
          resolve({ why: describeError(error) });
        });
      });
      request.on("upgrade", (response, socket) => {
        socket.destroy();
        resolve({ why: `status ${response.statusCode ?? 101}, it switches protocols` });
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The endpoint closed an idle connection just when we used it, which is no fault.
        isRetried = !isBrokenOff && request.reusedSocket && error.code === "ECONNRESET";
        if (isRetried) post();
        else resolve({ why: describeError(error) });
      });
      request.on("close", () => {
        if (!hasAnswer && !isRetried)
          resolve({ why: "the connection was closed without an answer" });
      });
      request.end(content);
    }
    post();
  });
  return { outcome, breakOff };
}

async function readOutcome(response: IncomingMessage, request: ClientRequest): Promise<Outcome> {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > MAX_ANSWER_BYTES) {
      request.destroy();
      throw new Error(`an answer of over ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return {
    answer: {
      status: response.statusCode ?? 0,
      contentType: response.headers["content-type"],
      body: Buffer.concat(chunks),
    },
    retryAfter: response.headers["retry-after"],
  };
}

/** The message of an error. If the answer is not HTTP/1, it also names the setting to change. */
function describeError(error: unknown): string {
  const isNoHttp = (error as NodeJS.ErrnoException | undefined)?.code?.startsWith("HPE_") === true;
  const advice =
    ": not HTTP/1, perhaps a gRPC port; set OTEL_EXPORTER_OTLP_ENDPOINT to its HTTP port, usually 4318";
  return messageOf(error) + (isNoHttp ? advice : "");
}

import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

/** Forwards spans in the background. No method throws. */
export interface Forwarder {
  forward(span: ReadableSpan): void;
  /** Resolves when the queued spans were sent, or after `FORWARDER_LIMITS.flushMs`. */
  flush(): Promise<void>;
  /** Like `flush()`, and sends nothing more afterwards. */
  shutdown(): Promise<void>;
  /** The result of the last batch; `untried` before the first. */
  state(): "untried" | "up" | "down";
}

/** A forwarder that is told of spans when they begin, and counts them. */
export interface SpanForwarder extends Forwarder {
  /** A span has begun. It is written down, because its process may die before it ends. */
  begin(span: ReadableSpan): void;
  /** Encodes open spans again before they are next written, e.g. without their content. */
  reencodeOpenSpans(): void;
  counts(): ForwarderCounts;
}

/** Numbers of spans since the forwarder was made. */
export interface ForwarderCounts {
  /** The endpoint took them with a valid answer. */
  sent: number;
  /** They wait on disk, also those of processes that died, or in memory. */
  waiting: number;
  /** They were given up: too old, no room, refused, damaged, or in memory when the process ended. */
  dropped: number;
}

export const FORWARDER_LIMITS = {
  /** Spans in one request. */
  batchSize: 64,
  /** Spans that wait in memory; with one more the oldest is dropped. */
  queueSize: 8192,
  /** How long a batch waits for more spans. So a live call appears in Jaeger within about a second. */
  batchDelayMs: 1000,
  /** How long `flush()` may take, whatever the endpoint does. So `shutdown()` takes less than 2 s. */
  flushMs: 1800,
  /** The first and the longest pause after a failure of the endpoint, unless the endpoint asks for more. */
  retryDelayMs: 1000,
  maxRetryDelayMs: 10_000,
} as const;

import { reportSafely } from "../src/record/index.js";
import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";

/** Sends spans on, in the background. No method throws. */
export interface Forwarder {
  forward(span: ReadableSpan): void;
  /** Resolves when what is queued was sent, or after `FORWARDER_LIMITS.flushMs`. */
  flush(): Promise<void>;
  /** As `flush()`, and sends nothing more. */
  shutdown(): Promise<void>;
  /** How the last batch fared; `untried` before the first. */
  state(): "untried" | "up" | "down";
}

export const FORWARDER_LIMITS = {
  /** Spans in one request. */
  batchSize: 64,
  /** Spans that wait in memory; one more is dropped. */
  queueSize: 8192,
  /** How long a span waits for its batch to fill: a live call shows in Jaeger within about a second. */
  batchDelayMs: 1000,
  /** How long `flush()` may take, whatever the endpoint does; so `shutdown()` stays below 2 s. */
  flushMs: 1800,
  /** How long an endpoint that failed is left alone: at first, and at most unless it asks for more. */
  retryDelayMs: 1000,
  maxRetryDelayMs: 10_000,
} as const;

export interface ForwarderOptions {
  /** Sends one batch, e.g. an `OTLPTraceExporter`. */
  exporter: SpanExporter;
  /** Where it sends to; for the lines that say so. */
  url: string;
  /** Gets one line when the endpoint is lost and one when it is back. Default: stderr. */
  report?: (line: string) => void;
}

/**
 * Forwards spans in batches, from memory. An endpoint that is not there costs one line, not one a batch, and
 * never more than `FORWARDER_LIMITS.flushMs` at the end.
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { exporter, url } = options;
  const report = reportSafely(options.report);
  let lostSpans = 0;
  let state: "untried" | "up" | "down" = "untried";
  let isClosed = false;

  const announcing: SpanExporter = {
    export(spans, done) {
      // Past the limit of `shutdown()` the rest of the queue must not start new requests, which
      // would hold up the end of the process.
      if (isClosed) return done({ code: ExportResultCode.SUCCESS });
      exporter.export(spans, (result: ExportResult) => {
        if (result.code === ExportResultCode.SUCCESS) {
          if (state === "down")
            report(`Spans reach ${url} again; ${lostSpans} were lost meanwhile`);
          state = "up";
          lostSpans = 0;
        } else {
          lostSpans += spans.length;
          if (state !== "down") {
            const why = result.error?.message ?? "no answer";
            report(`No traces: cannot send spans to ${url} (${why}). The record is not affected`);
          }
          state = "down";
        }
        // The line above is all there is to say; the SDK would log each batch.
        done({ code: ExportResultCode.SUCCESS });
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush === undefined ? {} : { forceFlush: () => exporter.forceFlush!() }),
  };
  const batches = new BatchSpanProcessor(announcing, {
    maxExportBatchSize: FORWARDER_LIMITS.batchSize,
    maxQueueSize: FORWARDER_LIMITS.queueSize,
    scheduledDelayMillis: FORWARDER_LIMITS.batchDelayMs,
  });

  return {
    forward: (span) => batches.onEnd(span),
    flush: () => atMost(FORWARDER_LIMITS.flushMs, batches.forceFlush()),
    async shutdown() {
      await atMost(FORWARDER_LIMITS.flushMs, batches.shutdown());
      isClosed = true;
    },
    state: () => state,
  };
}

/** Resolves when the work is done or the time is up; a failure of the work has been reported already. */
export async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}

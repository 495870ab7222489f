import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import { type SpanExporter, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { atMost } from "../../src/platform/at-most.js";
import { reportSafely } from "../../src/record/index.js";
import { type SpanForwarder, FORWARDER_LIMITS } from "./forwarder.js";

export interface MemoryForwarderOptions {
  /** Sends one batch, e.g. an `OTLPTraceExporter`. */
  exporter: SpanExporter;
  /** Where it sends to; for the lines that say so. */
  url: string;
  /** Gets one line when the endpoint is lost and one when it is back. Default: stderr. */
  report?: (line: string) => void;
}

/**
 * Forwards spans in batches from memory, for those who want none on their disk. What cannot be
 * delivered is lost, and counted; spans that are under way at a crash are gone. An endpoint that is
 * not there costs one line, not one a batch, and never more than `FORWARDER_LIMITS.flushMs` at the
 * end.
 */
export function createMemoryForwarder(options: MemoryForwarderOptions): SpanForwarder {
  const { exporter, url } = options;
  const report = reportSafely(options.report);
  const counts = { sent: 0, waiting: 0, dropped: 0 };
  let lostSpans = 0;
  let state: "untried" | "up" | "down" = "untried";
  let isClosed = false;

  const settle = (count: number, isSent: boolean): void => {
    counts.waiting -= count;
    if (isSent) counts.sent += count;
    else counts.dropped += count;
  };
  const announcing: SpanExporter = {
    export(spans, done) {
      // Past the limit of `shutdown()` the rest of the queue must not start new requests, which
      // would hold up the end of the process.
      if (isClosed) return done({ code: ExportResultCode.SUCCESS });
      exporter.export(spans, (result: ExportResult) => {
        const isSent = result.code === ExportResultCode.SUCCESS;
        if (!isClosed) settle(spans.length, isSent);
        if (isSent) {
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
    begin: () => undefined,
    reencodeOpenSpans: () => undefined,
    forward(span) {
      // The processor would drop it without a count.
      if (isClosed || counts.waiting >= FORWARDER_LIMITS.queueSize) {
        counts.dropped += 1;
        return;
      }
      counts.waiting += 1;
      batches.onEnd(span);
    },
    async flush() {
      await atMost(FORWARDER_LIMITS.flushMs, batches.forceFlush());
    },
    async shutdown() {
      await atMost(FORWARDER_LIMITS.flushMs, batches.shutdown());
      isClosed = true;
      settle(counts.waiting, false);
    },
    state: () => state,
    counts: () => ({ ...counts }),
  };
}

import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import {
  type MetricReader,
  type PushMetricExporter,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { atMost } from "../../src/platform/at-most.js";
import { FORWARDER_LIMITS } from "../forward/forwarder.js";
import { encodeMetrics } from "./encode-metrics.js";
import { MetricQueue, type MetricQueueOptions } from "./metric-queue.js";
import { readTemporality } from "./temporality.js";

export interface MetricReaderOptions extends MetricQueueOptions {
  intervalMs: number;
}

/**
 * Collects the metrics every `intervalMs` and sends them by OTLP.
 *
 * - Sums since the beginning need no retry, because the next request includes them.
 * - With differences (`OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta`) the SDK forgets what
 *   it gave. So requests that the endpoint did not take are kept, up to 4 MB, and are sent before the
 *   next one. A loss is reported. A request whose answer is lost is sent twice.
 */
export function createMetricReader(options: MetricReaderOptions): MetricReader {
  const { exemplars, intervalMs, sender } = options;
  const queue = new MetricQueue(options);
  let sending: Promise<void> | undefined;

  async function exportInTime(
    collected: Parameters<PushMetricExporter["export"]>[0],
    done: (result: ExportResult) => void,
  ): Promise<void> {
    const isEmpty = collected.scopeMetrics.every(({ metrics }) => metrics.length === 0);
    try {
      if (!queue.isUnwanted && !isEmpty)
        queue.add(encodeMetrics(collected, exemplars, sender.protocol));
    } catch (error) {
      // The SDK calls this from a timer, where an error would end the agent.
      queue.noteUnencodable(error);
    }
    sending ??= queue.sendAll().finally(() => (sending = undefined));
    await atMost(FORWARDER_LIMITS.flushMs, sending);
    // The queue has reported everything. The SDK would log each failed request.
    done({ code: ExportResultCode.SUCCESS });
  }

  const exporter: PushMetricExporter = {
    export: (collected, done) => void exportInTime(collected, done),
    selectAggregationTemporality: readTemporality(process.env),
    forceFlush: () => Promise.resolve(),
    shutdown() {
      queue.shutdown();
      return Promise.resolve();
    },
  };
  return new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(intervalMs, FORWARDER_LIMITS.flushMs + 200),
  });
}

import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { Spool } from "../spool/spool.js";
import type { EndpointState } from "./endpoint-state.js";
import type { MemoryQueue } from "./memory-queue.js";

/** How long to wait before a failing disk is tried again, while spans wait in memory. */
const DISK_RETRY_MS = 1000;

/** Writes spans to disk when they begin and end, or to memory while no disk takes them. */
export interface SpanIntake {
  begin(span: ReadableSpan): void;
  end(span: ReadableSpan): void;
  /** Writes a part of the spans in memory to disk. Returns false if no disk takes them. */
  writeQueued(): boolean;
  /** Calls `writeQueued()` until nothing is left or the disk fails. Remaining spans are dropped. */
  finish(): void;
}

export interface SpanIntakeOptions {
  spool: Spool;
  queue: MemoryQueue;
  endpoint: EndpointState;
  /** Whether spans may be written to disk now. */
  usesDisk: () => boolean;
  /** Whether a setting asked for these spans. Then a line reports those that memory loses. */
  isAsked: () => boolean;
  /** The names that reports use. */
  url: string;
  directory: string;
  /** The most bytes that are written at once. */
  maxWriteBytes: number;
  report: (line: string) => void;
}

export function createSpanIntake(options: SpanIntakeOptions): SpanIntake {
  const { spool, queue, endpoint, usesDisk, isAsked, url, directory, maxWriteBytes } = options;
  const { report } = options;
  let isBeginNoted = false;
  let isFinished = false;
  let isDiskFailing = false;
  let diskRetryAtMs = 0;
  let isMemoryFull = false;

  /**
   * Runs an action on the disk, whose failure must not reach the agent. An action that had nothing to
   * write returns false: that is no failure, and does not show that the disk works again.
   */
  function write(action: () => boolean): boolean {
    try {
      if (!action()) return true;
      if (isDiskFailing) report(`Spans are written to "${directory}" again`);
      isDiskFailing = false;
      return true;
    } catch (error) {
      if (!isDiskFailing) {
        report(
          `Spans do not survive this process: cannot write to "${directory}": ${String(error)}`,
        );
      }
      isDiskFailing = true;
      diskRetryAtMs = performance.now() + DISK_RETRY_MS;
      return false;
    }
  }

  function writeQueued(): boolean {
    if (!usesDisk()) return false;
    if (queue.count === 0) return true;
    if (performance.now() < diskRetryAtMs) return false;
    const spans = queue.take(Infinity, maxWriteBytes);
    const isWritten = write(() => {
      spool.endLater(spans);
      return spans.length > 0;
    });
    if (isWritten) queue.settle(spans);
    else queue.putBack(spans);
    return isWritten;
  }

  /** Keeps a span in memory, because no disk takes it. */
  function queueInMemory(span: ReadableSpan): void {
    const ended = spool.hold(span);
    if (ended === undefined) return;
    if (queue.waiting === 0) isMemoryFull = false;
    while (!queue.push(ended)) {
      noteFull();
      // Without a disk the oldest span is dropped, as on a disk, because people look at the latest
      // calls.
      const [oldest] = usesDisk() ? [] : queue.take(1, 0);
      if (oldest !== undefined) queue.settle([oldest]);
      spool.settle([oldest ?? ended]);
      endpoint.countDropped();
      if (oldest === undefined) return;
    }
  }

  /** Reports the first lost span. The number is reported when the endpoint is back, or at the end. */
  function noteFull(): void {
    if (!isMemoryFull && isAsked()) {
      const why = usesDisk() ? "neither disk nor memory takes more" : "memory takes no more";
      report(`Drops spans for ${url}: ${why}`);
    }
    isMemoryFull = true;
  }

  return {
    begin(span) {
      spool.begin(span);
      if (isBeginNoted) return;
      isBeginNoted = true;
      queueMicrotask(() => {
        isBeginNoted = false;
        if (!isFinished && usesDisk()) write(() => spool.writeOpen());
      });
    },
    end(span) {
      // Spans stay in order, so a new one waits behind those in memory.
      if (!writeQueued() || queue.count > 0 || !write(() => spool.end(span))) queueInMemory(span);
    },
    writeQueued,
    finish() {
      isFinished = true;
      diskRetryAtMs = 0;
      while (queue.count > 0 && writeQueued());
      const lost = queue.take(Infinity, Infinity);
      queue.settle(lost);
      if (lost.length === 0) return;
      if (isAsked()) endpoint.drop(lost.length, "only memory had them");
      else endpoint.countDropped(lost.length);
    },
  };
}

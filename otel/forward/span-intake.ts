import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { Spool } from "../spool/spool.js";
import type { EndpointState } from "./endpoint-state.js";
import type { MemoryQueue } from "./memory-queue.js";

/** How long a disk that fails is left alone once spans wait for it in memory. */
const DISK_RETRY_MS = 1000;

/** Brings spans to disk as they begin and end, and to memory while the disk takes none. */
export interface SpanIntake {
  begin(span: ReadableSpan): void;
  end(span: ReadableSpan): void;
  /** Writes down what waits in memory, a part at a time; false when the disk still fails. */
  writeQueued(): boolean;
  /** As `writeQueued()` until nothing is left or the disk fails; what is left is dropped. */
  finish(): void;
}

export interface SpanIntakeOptions {
  spool: Spool;
  queue: MemoryQueue;
  endpoint: EndpointState;
  /** For the lines that name them. */
  url: string;
  directory: string;
  /** Bytes that are written at once. */
  maxWriteBytes: number;
  report: (line: string) => void;
}

export function createSpanIntake(options: SpanIntakeOptions): SpanIntake {
  const { spool, queue, endpoint, url, directory, maxWriteBytes, report } = options;
  let isBeginNoted = false;
  let isFinished = false;
  let isDiskFailing = false;
  let diskRetryAtMs = 0;
  let isMemoryFull = false;

  /**
   * A disk that fails must not reach the agent as an error. An action that had nothing to write
   * returns false: it is no failure, and no sign that the disk works again.
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
    if (queue.count === 0) return true;
    if (performance.now() < diskRetryAtMs) return false;
    const spans = queue.take(Infinity, maxWriteBytes);
    const isWritten = write(() => {
      spool.endLater(spans);
      return spans.length > 0;
    });
    if (!isWritten) queue.putBack(spans);
    return isWritten;
  }

  /** Keeps a span in memory because the disk does not take it. */
  function queueInMemory(span: ReadableSpan): void {
    const ended = spool.hold(span);
    if (ended === undefined) return;
    if (queue.push(ended)) {
      isMemoryFull = false;
      return;
    }
    spool.settle([ended]);
    endpoint.countDropped();
    // The first lost span gets a line; the number comes when the endpoint is back or at the end.
    if (!isMemoryFull) report(`Drops spans for ${url}: neither disk nor memory takes more`);
    isMemoryFull = true;
  }

  return {
    begin(span) {
      spool.begin(span);
      if (isBeginNoted) return;
      isBeginNoted = true;
      queueMicrotask(() => {
        isBeginNoted = false;
        if (!isFinished) write(() => spool.writeOpen());
      });
    },
    end(span) {
      // Spans stay in order: a new one waits behind those that are in memory.
      if (!writeQueued() || queue.count > 0 || !write(() => spool.end(span))) queueInMemory(span);
    },
    writeQueued,
    finish() {
      isFinished = true;
      diskRetryAtMs = 0;
      while (queue.count > 0 && writeQueued());
      const lost = queue.take(Infinity, Infinity).length;
      if (lost > 0) endpoint.drop(lost, "only memory had them");
    },
  };
}

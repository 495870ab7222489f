import type { DiskGate } from "./disk-use.js";
import { FORWARDER_LIMITS } from "./forwarder.js";
import type { Failure } from "./verdict.js";

/** The state of the endpoint: whether it answers, what it took, and when it may be asked again. */
export interface EndpointState {
  state(): "untried" | "up" | "down";
  counts(): { sent: number; dropped: number };
  /** How many spans the next request may hold. */
  batchSize(): number;
  /** Counts spans that will never be sent, and reports it. */
  drop(count: number, why: string): void;
  /**
   * Counts spans that will never be sent. Somebody else reports them, or nobody needs a report.
   * Default: 1.
   */
  countDropped(count?: number): void;
  noteSent(spanCount: number): void;
  noteFailure(failure: Failure): void;
  /** Makes the next requests smaller, after one of `spanCount` spans was refused. */
  shrinkBatch(spanCount: number): void;
  /** Sends nothing for a while, although the endpoint is not down. */
  pause(delayMs: number): void;
  /** Ends our own delay, because a caller waits. A delay that the endpoint asked for stays. */
  endPause(): void;
  /** No request may be sent before this time, by `performance.now()`, which nobody can set back. */
  earliestMs(): number;
  /** Whether the endpoint asked for a pause by `Retry-After`. */
  asksToWait(): boolean;
}

export interface EndpointStateOptions {
  url: string;
  /** Describes where spans wait while the endpoint is down, and is told when it has taken some. */
  disk: Pick<DiskGate, "describe" | "onTaken">;
  report: (line: string) => void;
}

export function createEndpointState({ url, disk, report }: EndpointStateOptions): EndpointState {
  let state: "untried" | "up" | "down" = "untried";
  let sent = 0;
  let dropped = 0;
  let droppedBefore = 0;
  let batchSize: number = FORWARDER_LIMITS.batchSize;
  let failures = 0;
  let retryAtMs = 0;
  let askedUntilMs = 0;

  function noteUp(): void {
    if (state === "down") {
      const lost = dropped - droppedBefore;
      report(
        `Spans reach ${url} again; ${lost === 0 ? "none was" : `${lost} were`} lost meanwhile`,
      );
    }
    state = "up";
    failures = 0;
    retryAtMs = 0;
    // Losses count from the last accepted batch on, because spans may be lost before the first failure
    // is known.
    droppedBefore = dropped;
  }

  return {
    state: () => state,
    counts: () => ({ sent, dropped }),
    batchSize: () => batchSize,
    drop(count, why) {
      dropped += count;
      report(`Dropped ${count} of the spans for ${url}: ${why}`);
    },
    countDropped(count = 1) {
      dropped += count;
    },
    noteSent(spanCount) {
      sent += spanCount;
      batchSize = Math.min(FORWARDER_LIMITS.batchSize, batchSize * 2);
      noteUp();
      if (spanCount > 0) disk.onTaken();
    },
    noteFailure({ why, retryAfterMs }) {
      if (state !== "down") {
        report(
          `No traces: cannot send spans to ${url} (${why}). ` +
            `${disk.describe()}. The record is not affected`,
        );
      }
      state = "down";
      const { retryDelayMs, maxRetryDelayMs } = FORWARDER_LIMITS;
      retryAtMs = performance.now() + Math.min(maxRetryDelayMs, retryDelayMs * 2 ** failures);
      failures += 1;
      if (retryAfterMs !== undefined) askedUntilMs = performance.now() + retryAfterMs;
    },
    shrinkBatch(spanCount) {
      batchSize = Math.ceil(spanCount / 4);
    },
    pause(delayMs) {
      retryAtMs = performance.now() + delayMs;
    },
    endPause() {
      retryAtMs = 0;
    },
    earliestMs: () => Math.max(retryAtMs, askedUntilMs),
    asksToWait: () => performance.now() < askedUntilMs,
  };
}

import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { reportSafely } from "../src/record/index.js";
import { FORWARDER_LIMITS, type Forwarder, atMost } from "./forwarder.js";
import type { OtlpSender, Verdict } from "./otlp-sender.js";
import { SPOOL_LIMITS, type SpoolLimits } from "./spool/limits.js";
import { encodeRequest } from "./spool/span-json.js";
import { Spool, type SpoolBatch } from "./spool/spool.js";

/** A forwarder that keeps on disk what it has not delivered. No method throws. */
export interface DurableForwarder extends Forwarder {
  /** Keeps in mind that a span has begun, in case its process dies before it ends. */
  begin(span: ReadableSpan): void;
  counts(): ForwarderCounts;
}

/** In spans, since the forwarder was made. */
export interface ForwarderCounts {
  /** Delivered: the endpoint gave a valid answer. */
  sent: number;
  /** On disk, also from processes that died. */
  waiting: number;
  /** Given up: too old, no room, refused, damaged. */
  dropped: number;
}

export interface DurableForwarderOptions {
  /** The folder of what waits; any number of processes may share it. */
  directory: string;
  sender: OtlpSender;
  /** Where it sends to; for the lines that say so. */
  url: string;
  /** Takes the spans that the disk does not. */
  fallback: Forwarder;
  /** Gets a line when the endpoint is lost, when it is back, and for what is dropped. Default: stderr. */
  report?: (line: string) => void;
  limits?: Partial<SpoolLimits>;
}

/**
 * How often in a row the endpoint has to refuse a span, and take another each time, before that
 * span is given up: an endpoint that changes its mind in between must cost none.
 */
const REFUSALS = 5;

/** setTimeout fires at once for what is longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Forwards spans by way of a folder: a span is on disk when `forward()` returns, and leaves it when
 * the endpoint has given a valid OTLP answer that rejects none. What waits is sent in order when
 * the endpoint is back, also by the next process.
 */
export function createDurableForwarder(options: DurableForwarderOptions): DurableForwarder {
  const { directory, sender, url, fallback } = options;
  const report = reportSafely(options.report);
  const spool = new Spool({
    directory,
    limits: { ...SPOOL_LIMITS, ...options.limits },
    report,
    onDropped: drop,
    onAdopted: () => wake(0),
  });
  let state: "untried" | "up" | "down" = "untried";
  let sent = 0;
  let dropped = 0;
  let droppedBefore = 0;
  let batchSize: number = FORWARDER_LIMITS.batchSize;
  let failures = 0;
  /**
   * No request before, by our own patience and by the endpoint's wish: in milliseconds of a clock
   * that nobody sets back.
   */
  let retryAtMs = 0;
  let heldUntilMs = 0;
  /** Spans that were delivered before those in front of them, by file and place. */
  const sentAhead = new Set<string>();
  let suspect = { place: "", refusals: 0 };
  let draining: Promise<void> | undefined;
  let timer: { dueMs: number; handle: NodeJS.Timeout } | undefined;
  let isOpenWritten = true;
  let isDiskFailing = false;
  let isFlushing = false;
  let isClosed = false;

  function drop(count: number, why: string): void {
    dropped += count;
    report(`Dropped ${count} of the spans for ${url}: ${why}`);
  }

  /** Drains after a delay, or as soon after it as the endpoint allows. */
  function wake(delayMs: number): void {
    if (isClosed || draining !== undefined) return;
    const now = performance.now();
    const dueMs = Math.max(now + delayMs, retryAtMs, heldUntilMs);
    if (timer !== undefined) {
      if (timer.dueMs <= dueMs) return;
      clearTimeout(timer.handle);
    }
    const handle = setTimeout(() => void drain(), Math.min(dueMs - now, LONGEST_TIMER_MS));
    timer = { dueMs, handle: handle.unref() };
  }

  function drain(): Promise<void> {
    clearTimeout(timer?.handle);
    timer = undefined;
    draining ??= sendAll()
      .catch((error: unknown) => report(`Cannot send spans to ${url}: ${String(error)}`))
      .finally(() => {
        draining = undefined;
        if (spool.waiting > 0) wake(FORWARDER_LIMITS.batchDelayMs);
      });
    return draining;
  }

  async function sendAll(): Promise<void> {
    while (!isClosed && performance.now() >= heldUntilMs && (await sendNext())) {
      // What is left fills the next batch, unless somebody waits for it.
      if (!isFlushing && spool.waiting < batchSize) return;
    }
  }

  /** Whether there is reason to go on at once. */
  async function sendNext(): Promise<boolean> {
    const batch = await spool.next(batchSize);
    if (batch === undefined) return false;
    const spans = batch.spans.filter(({ end }) => !sentAhead.delete(placeOf(batch, end)));
    const verdict: Verdict =
      spans.length === 0 ? { outcome: "accepted" } : await sender.send(encodeRequest(spans));
    if (verdict.outcome === "accepted") {
      spool.markSent(batch);
      sent += spans.length;
      batchSize = Math.min(FORWARDER_LIMITS.batchSize, batchSize * 2);
      noteUp();
      return true;
    }
    for (const { end } of batch.spans) {
      if (!spans.some((span) => span.end === end)) sentAhead.add(placeOf(batch, end));
    }
    if (isClosed) return false;
    if (verdict.outcome === "refused" && verdict.retryAfterMs === undefined) {
      // One span may spoil the batch, or the endpoint refuses everything: smaller batches tell.
      if (spans.length > 1) {
        batchSize = Math.ceil(spans.length / 4);
        return true;
      }
      if (await isSpanToBlame(batch, verdict.why)) return performance.now() >= retryAtMs;
    }
    noteDown(verdict);
    return false;
  }

  /**
   * Whether it is the span that is refused, and not everything: then another one fares better.
   * After `REFUSALS` of them the span is given up.
   */
  async function isSpanToBlame(first: SpoolBatch, why: string): Promise<boolean> {
    const batch = await spool.next(FORWARDER_LIMITS.batchSize);
    const others = batch?.spans.slice(first.spans.length) ?? [];
    const other = others[suspect.refusals % others.length];
    if (batch === undefined) return false;
    // It is alone in its file: behind those of another there is something to compare it with.
    if (other === undefined) return spool.requeue(first);
    const place = placeOf(batch, other.end);
    if (!sentAhead.has(place)) {
      const verdict = await sender.send(encodeRequest([other]));
      if (verdict.outcome !== "accepted") return false;
      sent += 1;
      sentAhead.add(place);
    }
    const firstPlace = placeOf(first, first.end);
    if (suspect.place !== firstPlace) suspect = { place: firstPlace, refusals: 0 };
    suspect.refusals += 1;
    if (suspect.refusals < REFUSALS) {
      retryAtMs = performance.now() + FORWARDER_LIMITS.retryDelayMs * suspect.refusals;
    } else {
      spool.markSent(first);
      drop(1, `the endpoint takes others but not "${nameOf(first)}" (${why})`);
    }
    return true;
  }

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
    // Since the last batch that was taken: there may be no room before the first answer says no.
    droppedBefore = dropped;
  }

  function noteDown({ why, retryAfterMs }: Exclude<Verdict, { outcome: "accepted" }>): void {
    if (state !== "down") {
      report(
        `No traces: cannot send spans to ${url} (${why}). ` +
          `They wait in "${directory}". The record is not affected`,
      );
    }
    state = "down";
    const { retryDelayMs, maxRetryDelayMs } = FORWARDER_LIMITS;
    retryAtMs = performance.now() + Math.min(maxRetryDelayMs, retryDelayMs * 2 ** failures);
    failures += 1;
    if (retryAfterMs !== undefined) heldUntilMs = performance.now() + retryAfterMs;
  }

  /** What the disk does not take must not reach the agent as an error. */
  function write(action: () => void): boolean {
    try {
      action();
      isDiskFailing = false;
      return true;
    } catch (error) {
      if (!isDiskFailing) {
        report(
          `Spans do not survive this process: cannot write to "${directory}": ${String(error)}`,
        );
      }
      isDiskFailing = true;
      return false;
    }
  }

  async function flush(): Promise<void> {
    if (isClosed) return;
    isFlushing = true;
    retryAtMs = 0;
    await atMost(FORWARDER_LIMITS.flushMs, Promise.all([drainWholly(), fallback.flush()]));
    isFlushing = false;
  }

  async function drainWholly(): Promise<void> {
    // What is under way may have begun before the last spans came.
    await draining;
    await drain();
  }

  return {
    begin(span) {
      if (isClosed) return;
      spool.begin(span);
      if (!isOpenWritten) return;
      isOpenWritten = false;
      queueMicrotask(() => {
        isOpenWritten = true;
        if (!isClosed) write(() => spool.writeOpen());
      });
    },
    forward(span) {
      if (isClosed) {
        dropped += 1;
        return;
      }
      if (!write(() => spool.end(span))) return fallback.forward(span);
      wake(spool.waiting >= FORWARDER_LIMITS.batchSize ? 0 : FORWARDER_LIMITS.batchDelayMs);
    },
    flush,
    async shutdown() {
      if (isClosed) return;
      await flush();
      isClosed = true;
      clearTimeout(timer?.handle);
      sender.close();
      spool.release();
      await atMost(0, fallback.shutdown());
    },
    state: () => state,
    counts: () => ({ sent, waiting: spool.waiting, dropped }),
  };
}

function placeOf({ file }: SpoolBatch, end: number): string {
  return `${file.name.createdMs}-${file.name.lane}-${end}`;
}

function nameOf({ spans }: SpoolBatch): string {
  return (
    /"name":"((?:[^"\\]|\\.)*)","kind"/.exec(spans[0]?.body.toString("utf8") ?? "")?.[1] ?? "a span"
  );
}

import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { atMost } from "../../src/platform/at-most.js";
import { reportSafely } from "../../src/record/index.js";
import { type SpoolLimits, SPOOL_LIMITS } from "../spool/limits.js";
import { encodeRequest } from "../spool/span-json.js";
import type { WaitingSpan } from "../spool/spool-file.js";
import { type SpoolBatch, Spool } from "../spool/spool.js";
import { type SpanForwarder, FORWARDER_LIMITS } from "./forwarder.js";
import { createHeldSpans } from "./memory-queue.js";
import type { OtlpSender, Verdict } from "./otlp-sender.js";
import { compareWithAnother, createSentAhead, placeOf } from "./rejected-span.js";

export interface DurableForwarderOptions {
  /** The folder of what waits; any number of processes may share it. */
  directory: string;
  sender: OtlpSender;
  /** Where it sends to; for the lines that say so. */
  url: string;
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

/** How long a disk that fails is left alone once spans wait for it in memory. */
const DISK_RETRY_MS = 1000;

/** How long a request that was broken off may take to say so. */
const BREAK_OFF_MS = 100;

/**
 * Forwards spans by way of a folder: a span is on disk when `forward()` returns, and leaves it when
 * the endpoint has given a valid OTLP answer that rejects none. What waits is sent in order when
 * the endpoint is back, also by the next process. What the disk does not take waits in memory, to
 * be sent from there or written down later, whatever works first. No method throws.
 */
export function createDurableForwarder(options: DurableForwarderOptions): SpanForwarder {
  const { directory, sender, url } = options;
  const report = reportSafely(options.report);
  const limits = { ...SPOOL_LIMITS, ...options.limits };
  const held = createHeldSpans(limits.maxHeldBytes);
  const spool = new Spool({
    directory,
    limits,
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
  const sentAhead = createSentAhead();
  let suspect = { place: "", turn: 0, refusals: 0 };
  let draining: Promise<void> | undefined;
  let timer: { dueMs: number; handle: NodeJS.Timeout } | undefined;
  let isOpenWritten = true;
  let isDiskFailing = false;
  let diskRetryAtMs = 0;
  let isMemoryFull = false;
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
        if (countWaiting() > 0) wake(FORWARDER_LIMITS.batchDelayMs);
      });
    return draining;
  }

  async function sendAll(): Promise<void> {
    while (!isClosed && performance.now() >= heldUntilMs && (await sendNext())) {
      // What is left fills the next batch, unless somebody waits for it.
      if (!isFlushing && countWaiting() < batchSize) return;
    }
  }

  function countWaiting(): number {
    return spool.waiting + held.count;
  }

  /** Whether there is reason to go on at once. */
  async function sendNext(): Promise<boolean> {
    try {
      writeQueued();
      return await sendBatch();
    } finally {
      spool.releaseBatch();
    }
  }

  async function sendBatch(): Promise<boolean> {
    const batch = await spool.next(batchSize);
    if (batch === undefined) return sendHeld();
    const spans = batch.spans.filter(({ end }) => !sentAhead.remove(batch, end));
    const verdict: Verdict =
      spans.length === 0 ? { outcome: "accepted" } : await sender.send(encodeRequest(spans));
    if (verdict.outcome === "accepted") {
      spool.markSent(batch);
      noteSent(spans.length);
      return true;
    }
    const [first] = spans;
    const isAlone = spans.length === 1 && first !== undefined;
    const isRefused = verdict.outcome === "refused" && verdict.retryAfterMs === undefined;
    for (const span of batch.spans) if (!spans.includes(span)) sentAhead.add(batch, span.end);
    if (isClosed) return false;
    // One span may spoil the batch, or the endpoint refuses everything: smaller batches tell.
    if (isRefused && !isAlone) return trySmaller(spans.length);
    if (isRefused && isAlone) return await isolateRejected(batch, first, verdict);
    noteDown(verdict);
    return false;
  }

  function trySmaller(spanCount: number): true {
    batchSize = Math.ceil(spanCount / 4);
    return true;
  }

  /** Whose fault a refusal is: the endpoint's, unless it takes another span just then. */
  async function isolateRejected(batch: SpoolBatch, span: WaitingSpan, refusal: Failure) {
    const place = placeOf(batch, span.end);
    if (suspect.place !== place) suspect = { place, turn: 0, refusals: 0 };
    const verdict = await compareWithAnother(batch, span, suspect.turn, {
      spool,
      sender,
      sentAhead,
    });
    suspect.turn += 1;
    // Behind those of another file there may be something to compare it with.
    if (verdict === undefined && spool.requeue(batch, span)) return true;
    if (verdict?.outcome !== "accepted") {
      noteDown(verdict ?? refusal);
      return false;
    }
    noteSent(1);
    suspect.refusals += 1;
    if (suspect.refusals < REFUSALS) {
      retryAtMs = performance.now() + FORWARDER_LIMITS.retryDelayMs * suspect.refusals;
      return false;
    }
    spool.markSent(batch);
    drop(1, `the endpoint takes others but not "${nameOf(span)}" (${refusal.why})`);
    return true;
  }

  /** Sends what the disk does not take. */
  async function sendHeld(): Promise<boolean> {
    const spans = held.take(batchSize, limits.maxRequestBytes);
    if (spans.length === 0) return false;
    const verdict = await sender.send(
      encodeRequest(spans.map(({ resource, body }) => ({ resource: resource.json, body }))),
    );
    if (verdict.outcome === "accepted") {
      spool.settle(spans);
      noteSent(spans.length);
      return true;
    }
    const isRefused = verdict.outcome === "refused" && verdict.retryAfterMs === undefined;
    held.putBack(spans);
    if (isClosed) return false;
    if (isRefused && spans.length > 1) return trySmaller(spans.length);
    // If it is this span that is refused, the others need not wait for it.
    if (isRefused) held.postpone();
    noteDown(verdict);
    return false;
  }

  /** Writes down what the disk did not take before, a part at a time; false when it still does not. */
  function writeQueued(): boolean {
    if (held.count === 0) return true;
    if (performance.now() < diskRetryAtMs) return false;
    const spans = held.take(Infinity, limits.maxRequestBytes);
    const isWritten = write(() => spool.endLater(spans));
    if (!isWritten) held.putBack(spans);
    return isWritten;
  }

  /** Keeps a span in memory that the disk does not take. */
  function queueInMemory(span: ReadableSpan): void {
    const ended = spool.hold(span);
    if (ended === undefined) return;
    if (held.push(ended)) {
      isMemoryFull = false;
      return;
    }
    spool.settle([ended]);
    dropped += 1;
    // The others are told of, by their number, when the endpoint is back or the process ends.
    if (!isMemoryFull) report(`Drops spans for ${url}: neither disk nor memory takes more`);
    isMemoryFull = true;
  }

  function noteSent(count: number): void {
    sent += count;
    batchSize = Math.min(FORWARDER_LIMITS.batchSize, batchSize * 2);
    noteUp();
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

  function noteDown({ why, retryAfterMs }: Failure): void {
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

  async function flush(): Promise<void> {
    if (isClosed) return;
    isFlushing = true;
    retryAtMs = 0;
    await atMost(FORWARDER_LIMITS.flushMs, drainWholly());
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
    reencodeOpenSpans: () => spool.reencodeOpenSpans(),
    forward(span) {
      if (isClosed) {
        dropped += 1;
        return;
      }
      // In order: not before those that wait for the disk.
      if (!writeQueued() || held.count > 0 || !write(() => spool.end(span))) queueInMemory(span);
      wake(countWaiting() >= FORWARDER_LIMITS.batchSize ? 0 : FORWARDER_LIMITS.batchDelayMs);
    },
    flush,
    async shutdown() {
      if (isClosed) return;
      await flush();
      isClosed = true;
      clearTimeout(timer?.handle);
      sender.close();
      // What was being sent from memory has to come back first.
      await atMost(BREAK_OFF_MS, draining ?? Promise.resolve());
      diskRetryAtMs = 0;
      while (held.count > 0 && writeQueued());
      if (held.count > 0) drop(held.take(Infinity, Infinity).length, "only memory had them");
      spool.release();
    },
    state: () => state,
    counts: () => ({ sent, waiting: countWaiting(), dropped }),
  };
}

type Failure = Exclude<Verdict, { outcome: "accepted" }>;

function nameOf({ body }: WaitingSpan): string {
  return /"name":"((?:[^"\\]|\\.)*)","kind"/.exec(body.toString("utf8"))?.[1] ?? "a span";
}

import { atMost } from "../../src/platform/at-most.js";
import { reportSafely } from "../../src/record/index.js";
import { type SpoolLimits, SPOOL_LIMITS } from "../spool/limits.js";
import { Spool } from "../spool/spool.js";
import { createDrainTimer } from "./drain-timer.js";
import { createEndpointState } from "./endpoint-state.js";
import { type SpanForwarder, FORWARDER_LIMITS } from "./forwarder.js";
import { createMemoryQueue } from "./memory-queue.js";
import type { OtlpSender } from "./otlp-sender.js";
import { createSendNext } from "./send-next.js";
import { createSpanIntake } from "./span-intake.js";

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
  const { maxRequestBytes } = limits;
  const endpoint = createEndpointState({ url, directory, report });
  const queue = createMemoryQueue(limits.maxHeldBytes);
  const spool = new Spool({
    directory,
    limits,
    report,
    onDropped: endpoint.drop,
    onAdopted: () => wake(0),
  });
  const intake = createSpanIntake({
    spool,
    queue,
    endpoint,
    url,
    directory,
    report,
    maxWriteBytes: maxRequestBytes,
  });
  const sendNext = createSendNext({
    spool,
    queue,
    sender,
    endpoint,
    maxRequestBytes,
    isClosed: () => isClosed,
  });
  const timer = createDrainTimer(() => void drain(), endpoint.earliestMs);
  let draining: Promise<void> | undefined;
  let isFlushing = false;
  let isClosed = false;

  function countWaiting(): number {
    return spool.waiting + queue.count;
  }

  function wake(delayMs: number): void {
    if (!isClosed && draining === undefined) timer.wake(delayMs);
  }

  function drain(): Promise<void> {
    timer.cancel();
    draining ??= sendAll()
      .catch((error: unknown) => report(`Cannot send spans to ${url}: ${String(error)}`))
      .finally(() => {
        draining = undefined;
        if (countWaiting() > 0) wake(FORWARDER_LIMITS.batchDelayMs);
      });
    return draining;
  }

  async function sendAll(): Promise<void> {
    while (!isClosed && !endpoint.asksToWait()) {
      intake.writeQueued();
      if (!(await sendNext())) return;
      // What is left fills the next batch, unless somebody waits for it.
      if (!isFlushing && countWaiting() < endpoint.batchSize()) return;
    }
  }

  async function drainWholly(): Promise<void> {
    // A request under way may have begun before the last spans came.
    await draining;
    await drain();
  }

  async function flush(): Promise<void> {
    if (isClosed) return;
    isFlushing = true;
    endpoint.endPause();
    await atMost(FORWARDER_LIMITS.flushMs, drainWholly());
    isFlushing = false;
  }

  return {
    begin(span) {
      if (!isClosed) intake.begin(span);
    },
    reencodeOpenSpans: () => spool.reencodeOpenSpans(),
    forward(span) {
      if (isClosed) return endpoint.countDropped();
      intake.end(span);
      wake(countWaiting() >= FORWARDER_LIMITS.batchSize ? 0 : FORWARDER_LIMITS.batchDelayMs);
    },
    flush,
    async shutdown() {
      if (isClosed) return;
      await flush();
      isClosed = true;
      timer.cancel();
      sender.close();
      // What was being sent from memory has to come back first.
      await atMost(BREAK_OFF_MS, draining ?? Promise.resolve());
      intake.finish();
      spool.release();
    },
    state: () => endpoint.state(),
    counts: () => ({ ...endpoint.counts(), waiting: countWaiting() }),
  };
}

import { messageOf } from "../../src/platform/message-of.js";
import { reportSafely } from "../../src/record/index.js";
import { type SpoolLimits, SPOOL_LIMITS } from "../spool/limits.js";
import { Spool } from "../spool/spool.js";
import { createDrain } from "./drain.js";
import { createEndpointState } from "./endpoint-state.js";
import { type SpanForwarder, FORWARDER_LIMITS } from "./forwarder.js";
import { createMemoryQueue } from "./memory-queue.js";
import type { OtlpSender } from "./otlp-sender.js";
import { onProcessExit } from "./process-exit.js";
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
    onAdopted: () => drain.wake(0),
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
  const countWaiting = (): number => spool.waiting + queue.count;
  const sendNext = createSendNext({
    spool,
    queue,
    sender,
    endpoint,
    maxRequestBytes,
    isClosed: () => isClosed,
  });
  const drain = createDrain({
    endpoint,
    sendNext() {
      intake.writeQueued();
      return sendNext();
    },
    countWaiting,
    onError: (error) => report(`Cannot send spans to ${url}: ${messageOf(error)}`),
  });
  // An agent may end without a shutdown: what was delivered must not stay on its disk.
  const forgetExit = onProcessExit(release);
  let isClosed = false;

  function release(): void {
    isClosed = true;
    intake.finish();
    spool.release();
  }

  return {
    begin(span) {
      if (!isClosed) intake.begin(span);
    },
    reencodeOpenSpans: () => spool.reencodeOpenSpans(),
    forward(span) {
      if (isClosed) return endpoint.countDropped();
      intake.end(span);
      drain.wake(countWaiting() >= FORWARDER_LIMITS.batchSize ? 0 : FORWARDER_LIMITS.batchDelayMs);
    },
    async flush() {
      if (!isClosed) await drain.flush();
    },
    async shutdown() {
      if (isClosed) return;
      await drain.flush();
      isClosed = true;
      sender.close();
      // What was being sent from memory has to come back first.
      await drain.stop(BREAK_OFF_MS);
      forgetExit();
      release();
    },
    state: () => endpoint.state(),
    counts: () => ({ ...endpoint.counts(), waiting: countWaiting() }),
  };
}

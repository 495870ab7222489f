import { messageOf } from "../../src/platform/message-of.js";
import { reportSafely } from "../../src/record/index.js";
import { withoutTracing } from "../spans/without-tracing.js";
import type { SpoolLimits } from "../spool/limits.js";
import { Spool } from "../spool/spool.js";
import { type DiskUse, createDiskGate } from "./disk-use.js";
import { type Drain, createDrain } from "./drain.js";
import { createEndpointState } from "./endpoint-state.js";
import { type SpanForwarder, FORWARDER_LIMITS } from "./forwarder.js";
import { createMemoryQueue } from "./memory-queue.js";
import type { OtlpSender } from "./otlp-sender.js";
import { onProcessExit } from "./process-exit.js";
import { createSendNext } from "./send-next.js";
import { type SpanIntake, createSpanIntake } from "./span-intake.js";

export interface SpanForwarderOptions {
  diskUse: DiskUse;
  /** The folder of the spans that wait on disk. */
  directory: string;
  sender: OtlpSender;
  /** The endpoint, as reports name it. */
  url: string;
  report: ((line: string) => void) | undefined;
  limits: SpoolLimits;
}

/** A forwarder that can also send spans of earlier processes, before it has spans of its own. */
export interface WholeForwarder extends SpanForwarder {
  /** Takes over the spans that wait in the folder. Never rejects. */
  adopt(): Promise<void>;
  /** Whether the endpoint asked for a pause. */
  asksToWait(): boolean;
}

/** How long a broken-off request may take to end. */
const BREAK_OFF_MS = 100;

/**
 * Forwards spans through disk or memory. Both use the same code to send and to judge answers. Waiting
 * spans are sent in order. No method throws, and its own work is not traced.
 */
export function createSpanForwarder(options: SpanForwarderOptions): WholeForwarder {
  const { diskUse, directory, sender, url, limits } = options;
  const report = reportSafely(options.report);
  const maxSpans = diskUse === "always" ? Infinity : FORWARDER_LIMITS.queueSize;
  const queue = createMemoryQueue({ maxBytes: limits.maxHeldBytes, maxSpans });
  const disk = createDiskGate({
    use: diskUse,
    directory,
    maxAgeMs: limits.maxAgeMs,
    onOpened: () => spool.start(),
  });
  const endpoint = createEndpointState({ url, disk, report });
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
    usesDisk: disk.isOpen,
    isAsked: () => diskUse !== "once answered" || disk.isOpen(),
    url,
    directory,
    report,
    maxWriteBytes: limits.maxRequestBytes,
  });
  const countWaiting = (): number => spool.waiting + queue.waiting;
  const state: ForwarderState = { isClosed: false };
  const sendNext = createSendNext({
    spool,
    queue,
    sender,
    endpoint,
    maxRequestBytes: limits.maxRequestBytes,
    isClosed: () => state.isClosed,
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

  function release(): void {
    state.isClosed = true;
    intake.finish();
    // Releasing writes open spans, so a spool that is not used must not be released.
    if (disk.isOpen()) spool.release();
  }

  return {
    ...createMethods(state, {
      intake,
      drain,
      sender,
      countWaiting,
      countDropped: endpoint.countDropped,
      release,
    }),
    ...(diskUse === "never" ? { begin: () => undefined } : {}),
    reencodeOpenSpans: () => spool.reencodeOpenSpans(),
    adopt: () => withoutTracing(() => spool.adopt()),
    asksToWait: () => endpoint.asksToWait(),
    state: () => endpoint.state(),
    counts: () => ({ ...endpoint.counts(), waiting: countWaiting() }),
  };
}

interface ForwarderState {
  isClosed: boolean;
}

interface ForwarderParts {
  intake: SpanIntake;
  drain: Drain;
  sender: OtlpSender;
  countWaiting: () => number;
  countDropped: () => void;
  release: () => void;
}

/** The methods for spans and for the end. None of them is traced. */
function createMethods(
  state: ForwarderState,
  { intake, drain, sender, countWaiting, countDropped, release }: ForwarderParts,
): Pick<SpanForwarder, "begin" | "forward" | "flush" | "shutdown"> {
  // An agent may end without a shutdown. Delivered spans must not stay on its disk.
  const forgetExit = onProcessExit(() => withoutTracing(release));
  const { batchSize, batchDelayMs } = FORWARDER_LIMITS;

  async function shutdown(): Promise<void> {
    await drain.flush();
    state.isClosed = true;
    sender.close();
    // Spans that are being sent from memory must come back first.
    await drain.stop(BREAK_OFF_MS);
    forgetExit();
    release();
  }

  return {
    begin(span) {
      if (!state.isClosed) withoutTracing(() => intake.begin(span));
    },
    forward(span) {
      if (state.isClosed) return countDropped();
      withoutTracing(() => {
        intake.end(span);
        drain.wake(countWaiting() >= batchSize ? 0 : batchDelayMs);
      });
    },
    async flush() {
      if (!state.isClosed) await withoutTracing(() => drain.flush());
    },
    async shutdown() {
      if (!state.isClosed) await withoutTracing(shutdown);
    },
  };
}

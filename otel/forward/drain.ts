import { atMost } from "../../src/platform/at-most.js";
import { createDrainTimer } from "./drain-timer.js";
import type { EndpointState } from "./endpoint-state.js";
import { FORWARDER_LIMITS } from "./forwarder.js";

/** Sends waiting spans as long as the endpoint takes them. Only one run is active at a time. */
export interface Drain {
  /** Runs after the delay, or later if the endpoint must not be asked yet. */
  wake(delayMs: number): void;
  /** Resolves when the waiting spans were sent or could not be, or after `FORWARDER_LIMITS.flushMs`. */
  flush(): Promise<void>;
  /** Starts no more runs. Resolves when the active one has ended, or after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

export interface DrainOptions {
  endpoint: EndpointState;
  /** Sends one batch. Returns whether to continue at once. */
  sendNext: () => Promise<boolean>;
  countWaiting: () => number;
  /** Called with errors that should never happen. */
  onError: (error: unknown) => void;
}

export function createDrain({ endpoint, sendNext, countWaiting, onError }: DrainOptions): Drain {
  const timer = createDrainTimer(() => void run(), endpoint.earliestMs);
  let running: Promise<void> | undefined;
  /** How many `flush()` calls wait now; two may overlap. */
  let flushCount = 0;
  let isStopped = false;

  function wake(delayMs: number): void {
    if (!isStopped && running === undefined) timer.wake(delayMs);
  }

  function run(): Promise<void> {
    timer.cancel();
    running ??= sendAll()
      .catch(onError)
      .finally(() => {
        running = undefined;
        if (countWaiting() > 0) wake(FORWARDER_LIMITS.batchDelayMs);
      });
    return running;
  }

  async function sendAll(): Promise<void> {
    while (!isStopped && !endpoint.asksToWait() && (await sendNext())) {
      // The remaining spans wait for the next batch, unless a `flush()` waits for them.
      if (flushCount === 0 && countWaiting() < endpoint.batchSize()) return;
    }
  }

  async function runWholly(): Promise<void> {
    // The active request may have begun before the last spans came, so another run follows.
    await running;
    await run();
  }

  return {
    wake,
    async flush() {
      flushCount += 1;
      endpoint.endPause();
      await atMost(FORWARDER_LIMITS.flushMs, runWholly());
      flushCount -= 1;
    },
    async stop(timeoutMs) {
      isStopped = true;
      timer.cancel();
      await atMost(timeoutMs, running ?? Promise.resolve());
    },
  };
}

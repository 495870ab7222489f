import { atMost } from "../../src/platform/at-most.js";
import { createDrainTimer } from "./drain-timer.js";
import type { EndpointState } from "./endpoint-state.js";
import { FORWARDER_LIMITS } from "./forwarder.js";

/** Sends what waits, one run at a time, for as long as the endpoint takes it. */
export interface Drain {
  /** Runs after a delay, or as soon after it as the endpoint allows. */
  wake(delayMs: number): void;
  /** Resolves when what waits was sent, or could not be, or after `FORWARDER_LIMITS.flushMs`. */
  flush(): Promise<void>;
  /** Starts no more run; resolves when the one under way is over, or after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

export interface DrainOptions {
  endpoint: EndpointState;
  /** Sends one batch; whether there is reason to go on at once. */
  sendNext: () => Promise<boolean>;
  countWaiting: () => number;
  /** Gets a line for what should never happen. */
  onError: (error: unknown) => void;
}

export function createDrain({ endpoint, sendNext, countWaiting, onError }: DrainOptions): Drain {
  const timer = createDrainTimer(() => void run(), endpoint.earliestMs);
  let running: Promise<void> | undefined;
  /** How many calls wait for all that is there; two may overlap. */
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
      // What is left fills the next batch, unless somebody waits for it.
      if (flushCount === 0 && countWaiting() < endpoint.batchSize()) return;
    }
  }

  async function runWholly(): Promise<void> {
    // A request under way may have begun before the last spans came.
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

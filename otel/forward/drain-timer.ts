import { LONGEST_TIMER_MS } from "../../src/platform/at-most.js";
import { withoutTracing } from "../spans/without-tracing.js";

/** One timer for the next time to send; it never keeps the process alive. */
export interface DrainTimer {
  /** Fires after a delay, or as soon after it as the endpoint allows; an earlier time wins. */
  wake(delayMs: number): void;
  cancel(): void;
}

/** @param earliestMs When the endpoint may be asked again, by `performance.now()`. */
export function createDrainTimer(drain: () => void, earliestMs: () => number): DrainTimer {
  let timer: { dueMs: number; handle: NodeJS.Timeout } | undefined;

  function cancel(): void {
    clearTimeout(timer?.handle);
    timer = undefined;
  }

  return {
    wake(delayMs) {
      const now = performance.now();
      const dueMs = Math.max(now + delayMs, earliestMs());
      if (timer !== undefined && timer.dueMs <= dueMs) return;
      cancel();
      const handle = setTimeout(
        () => withoutTracing(drain),
        Math.min(dueMs - now, LONGEST_TIMER_MS),
      );
      timer = { dueMs, handle: handle.unref() };
    },
    cancel,
  };
}

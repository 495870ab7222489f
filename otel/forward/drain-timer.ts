import { LONGEST_TIMER_MS } from "../../src/platform/at-most.js";
import { withoutTracing } from "../spans/without-tracing.js";

/** One timer for the next send. It never keeps the process alive. */
export interface DrainTimer {
  /**
   * Fires after the delay, or later if the endpoint must not be asked yet. Of two times the earlier one
   * wins.
   */
  wake(delayMs: number): void;
  cancel(): void;
}

/** @param earliestMs when the endpoint may be asked again, by `performance.now()` */
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

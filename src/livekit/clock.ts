import { performance } from "node:perf_hooks";

/** Milliseconds since the Unix epoch, with fraction. */
export type Clock = () => number;

/**
 * A clock for one conversation: it starts at the wall clock and runs on monotonically, so that a
 * correction of the system's time during a call cannot put an answer before its question.
 */
export function createClock(): Clock {
  const epochMs = Date.now();
  const originMs = performance.now();
  return () => epochMs + (performance.now() - originMs);
}

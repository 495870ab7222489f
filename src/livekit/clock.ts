import { performance } from "node:perf_hooks";

/** The clock of one conversation, in milliseconds since the Unix epoch, with fraction. */
export interface Clock {
  now(): number;
  /** A time that LiveKit took from the system's clock, on this one. */
  fromWall(epochMs: number): number;
}

/**
 * Starts at the system's clock and runs on monotonically, so that a correction of the system's time
 * during a call cannot put an answer before its question.
 */
export function createClock(): Clock {
  const epochMs = Date.now();
  const originMs = performance.now();
  const now = () => epochMs + (performance.now() - originMs);
  return { now, fromWall: (wallMs) => wallMs + (now() - Date.now()) };
}

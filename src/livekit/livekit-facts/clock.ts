import { performance } from "node:perf_hooks";

/** The clock of one conversation, in milliseconds since the Unix epoch, with fraction. */
export interface Clock {
  now(): number;
  /** A time that LiveKit took from the system's clock, on this one. */
  fromWall(epochMs: number): number;
}

/** The system's clock tells whole milliseconds, so the two may differ by this and still agree. */
const WALL_STEP_MS = 1;

/**
 * Starts at the system's clock and runs on monotonically, so that a correction of the system's time
 * during a call cannot put an answer before its question. Two equal times of the system's clock are
 * equal on this one too, whenever they are asked for: what LiveKit made within one millisecond
 * keeps its order.
 */
export function createClock(): Clock {
  const epochMs = Date.now();
  const originMs = performance.now();
  let correctionMs = 0;
  const now = () => epochMs + (performance.now() - originMs);
  return {
    now,
    fromWall(wallMs) {
      const differenceMs = now() - Date.now();
      if (Math.abs(differenceMs - correctionMs) > WALL_STEP_MS) correctionMs = differenceMs;
      return wallMs + correctionMs;
    },
  };
}

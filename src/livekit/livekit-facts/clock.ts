import { performance } from "node:perf_hooks";

/** The clock of one conversation, in milliseconds since the Unix epoch, with fraction. */
export interface Clock {
  now(): number;
  /** Converts a time that LiveKit read from the system's clock to this clock. */
  fromWall(epochMs: number): number;
}

/** The system's clock gives whole milliseconds, so the two may differ by this much. */
const WALL_STEP_MS = 1;

/**
 * Starts at the system's time and then runs monotonically. So a correction of the system's time during
 * a call cannot put an answer before its question.
 *
 * Two equal times of the system's clock stay equal here, whenever they are converted. So events that
 * LiveKit made within one millisecond keep their order.
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

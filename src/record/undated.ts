import type { Timestamp } from "./conversation.js";
import { readTimestamp } from "./timestamp.js";

/**
 * The start of a call of which no date is known, because a document needs one. The other times of such
 * a call count from it.
 */
export const UNDATED_START: Timestamp = "1970-01-01T00:00:00.000000+00:00";

const DAY_MS = 86_400_000;

/** Whether a start stands for an unknown date. The first message's time may be the start. Pure. */
export function isUndatedStart(startedAt: Timestamp): boolean {
  const startedMs = readTimestamp(startedAt);
  return startedMs !== undefined && startedMs >= 0 && startedMs < DAY_MS;
}

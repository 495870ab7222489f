import {
  LATENCY_MARKS,
  type Latency,
  type LatencyMark,
  type SpeechEndBy,
} from "../record/index.js";

/** When each mark fell, in epoch milliseconds; undefined where it was not observed. */
export type MarkTimes = { [mark in LatencyMark]?: number | undefined };

/**
 * Turns times into marks, in seconds from the first of `origins` that was observed. Pure.
 * Microseconds are kept; without any origin there is no latency to tell.
 */
export function measureLatency(
  times: MarkTimes,
  origins: readonly LatencyMark[],
  speechEndBy?: SpeechEndBy,
): Latency | undefined {
  const origin = origins.find((mark) => times[mark] !== undefined);
  const originMs = origin === undefined ? undefined : times[origin];
  if (origin === undefined || originMs === undefined) return undefined;

  const marks: Latency["marks"] = {};
  for (const mark of LATENCY_MARKS) {
    const timeMs = times[mark];
    if (timeMs !== undefined) marks[mark] = Math.round((timeMs - originMs) * 1000) / 1e6;
  }
  const isAnswer = origin === "speech_end" && marks.playback_start !== undefined;
  return {
    origin,
    marks,
    ...(isAnswer ? { e2e_s: marks.playback_start as number } : {}),
    ...(origin === "speech_end" && speechEndBy !== undefined ? { speech_end_by: speechEndBy } : {}),
  };
}

import {
  LATENCY_MARKS,
  type Latency,
  type LatencyMark,
  type SpeechEndBy,
  type ToolRound,
} from "../../record/index.js";

/** A longer wait is no wait: it was measured from a wrong moment. */
const LONGEST_WAIT_S = 60;

/** When each mark happened, in epoch milliseconds; undefined if it was not observed. */
export type MarkTimes = { [mark in LatencyMark]?: number | undefined };

/** One round of tools, in epoch milliseconds. */
export interface ToolRoundTimes {
  llmStartMs: number | undefined;
  llmFirstTokenMs: number | undefined;
  startMs: number;
  /** Undefined if the reply was said while this round still ran. */
  endMs: number | undefined;
}

/**
 * Turns times into marks: seconds, to the microsecond, after the first of `origins` that was observed.
 * Pure.
 *
 * - Without any origin there is no latency.
 * - An impossible wait (negative, or above 60 s) gives no `e2e_s`.
 * - A single round of tools is in the marks only, not in `tool_rounds`.
 */
export function measureLatency(
  times: MarkTimes,
  origins: readonly LatencyMark[],
  speechEndBy?: SpeechEndBy,
  toolRounds: readonly ToolRoundTimes[] = [],
): Latency | undefined {
  const origin = origins.find((mark) => times[mark] !== undefined);
  const originMs = origin === undefined ? undefined : times[origin];
  if (origin === undefined || originMs === undefined) return undefined;

  const inSeconds = (timeMs: number) => Math.round((timeMs - originMs) * 1000) / 1e6;
  const marks: Latency["marks"] = {};
  for (const mark of LATENCY_MARKS) {
    const timeMs = times[mark];
    if (timeMs !== undefined) marks[mark] = inSeconds(timeMs);
  }
  const { playback_start: waitS } = marks;
  const isAnswer = origin === "speech_end" && waitS !== undefined;
  return {
    origin,
    marks,
    ...(isAnswer && isPlausibleWait(waitS) ? { e2e_s: waitS } : {}),
    ...(origin === "speech_end" && speechEndBy !== undefined ? { speech_end_by: speechEndBy } : {}),
    ...(toolRounds.length > 1 ? { tool_rounds: toolRounds.map(toRound) } : {}),
  };

  function toRound(round: ToolRoundTimes): ToolRound {
    const { llmStartMs, llmFirstTokenMs, startMs, endMs } = round;
    return {
      ...(llmStartMs === undefined ? {} : { llm_start_s: inSeconds(llmStartMs) }),
      ...(llmFirstTokenMs === undefined ? {} : { llm_first_token_s: inSeconds(llmFirstTokenMs) }),
      start_s: inSeconds(startMs),
      ...(endMs === undefined ? {} : { end_s: inSeconds(endMs) }),
    };
  }
}

function isPlausibleWait(waitS: number): boolean {
  return waitS >= 0 && waitS <= LONGEST_WAIT_S;
}

/**
 * The impossible wait for which `measureLatency()` gave no `e2e_s`; undefined if there was no such
 * wait.
 */
export function findImplausibleWait(latency: Latency | undefined): number | undefined {
  if (latency?.origin !== "speech_end" || latency.e2e_s !== undefined) return undefined;
  return latency.marks.playback_start;
}

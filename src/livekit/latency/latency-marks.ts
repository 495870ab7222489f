import {
  LATENCY_MARKS,
  type Latency,
  type LatencyMark,
  type SpeechEndBy,
  type ToolRound,
} from "../../record/index.js";

/** Nobody waits for a reply longer; what is, was measured from the wrong moment. */
const LONGEST_WAIT_S = 60;

/** When each mark fell, in epoch milliseconds; undefined where it was not observed. */
export type MarkTimes = { [mark in LatencyMark]?: number | undefined };

/** One round of tools, in epoch milliseconds. */
export interface ToolRoundTimes {
  llmStartMs: number | undefined;
  llmFirstTokenMs: number | undefined;
  startMs: number;
  /** Undefined of one during which the words were said. */
  endMs: number | undefined;
}

/**
 * Turns times into marks, in seconds from the first of `origins` that was observed. Pure.
 * Microseconds are kept; without any origin there is no latency to tell. A wait that cannot be
 * (negative, or above 60 s) is no `e2e_s`. A single round of tools is told by its marks.
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

/** The wait of which `measureLatency()` has made no `e2e_s`; undefined where it had none to make. */
export function findImplausibleWait(latency: Latency | undefined): number | undefined {
  if (latency?.origin !== "speech_end" || latency.e2e_s !== undefined) return undefined;
  return latency.marks.playback_start;
}

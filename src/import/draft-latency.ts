import { LATENCY_MARKS, type Latency, type LatencyMark, type ToolRound } from "../record/index.js";
import { isMoment, roundSeconds } from "./fields.js";

/** The moments of a wait, in milliseconds since 1970. A moment that the file does not say is missing. */
export type MarkMoments = { [mark in LatencyMark]?: number | undefined };

/**
 * A latency from the moments of its marks, counted from the earliest of the usual order: from the end of
 * the user's speech if that is known. Undefined if there is only one moment.
 *
 * @param measuredBy the software that measured the moments
 */
export function toLatency(
  moments: MarkMoments,
  measuredBy: string,
  options: { speechEndBy?: Latency["speech_end_by"]; rounds?: ToolRound[] } = {},
): Latency | undefined {
  const known = LATENCY_MARKS.filter((mark) => isMoment(moments[mark]));
  const origin = known[0];
  if (origin === undefined || known.length < 2) return undefined;
  const originMs = moments[origin] ?? 0;
  const marks: Latency["marks"] = {};
  for (const mark of known) marks[mark] = roundSeconds(((moments[mark] ?? 0) - originMs) / 1000);
  const { rounds, speechEndBy } = options;
  const e2e_s = origin === "speech_end" ? marks.playback_start : undefined;
  return {
    origin,
    marks,
    ...(e2e_s !== undefined && e2e_s >= 0 && { e2e_s }),
    ...(origin === "speech_end" && speechEndBy !== undefined && { speech_end_by: speechEndBy }),
    ...(rounds !== undefined && rounds.length > 1 && { tool_rounds: rounds }),
    measured_by: measuredBy,
  };
}

import type { Latency, LatencyMark } from "../../record/index.js";
import { type MarkTimes, measureLatency } from "./latency-marks.js";
import { type ReplyTimes, findToolRounds, notAfter, notBefore } from "./tool-rounds.js";

/** The marks from which a reply's wait may be measured, best first. */
const ORIGINS: readonly LatencyMark[] = [
  "speech_end",
  "turn_committed",
  "tool_start",
  "llm_start",
  "tts_start",
];

/** Measures how long each step of one reply took. Pure. */
export function measureReply(reply: ReplyTimes): Latency | undefined {
  const { turn, synthesis, startedMs, endedMs } = reply;
  const isFirst = turn.firstReply === synthesis.id && turn.isUnanswered !== true;
  const { speechEnd, transcriptFinalMs } = turn;
  const committedMs = notBefore(
    notAfter(turn.committedMs, synthesis.request?.startMs),
    transcriptFinalMs,
  );
  const rounds = findToolRounds(reply, isFirst);
  const times: MarkTimes = {
    ...(isFirst
      ? {
          speech_end: speechEnd?.atMs,
          transcript_final: transcriptFinalMs,
          turn_committed: committedMs,
          turn_hook_end: notBefore(turn.hookEndMs, committedMs),
        }
      : {}),
    tool_llm_start: rounds[0]?.llmStartMs,
    tool_llm_first_token: rounds[0]?.llmFirstTokenMs,
    tool_start: rounds[0]?.startMs,
    tool_end: rounds.at(-1)?.endMs,
    llm_start: synthesis.request?.startMs,
    llm_first_token: synthesis.request?.firstTokenMs,
    tts_start: synthesis.firstTextMs,
    tts_first_byte: synthesis.firstAudioMs,
    playback_start: startedMs,
    playback_end: startedMs === undefined ? undefined : endedMs,
  };
  return measureLatency(times, ORIGINS, isFirst ? speechEnd?.by : undefined, rounds);
}

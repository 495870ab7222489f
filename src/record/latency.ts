/**
 * The time between the caller's last sound and the agent's first, split by marks.
 *
 * All marks are on one clock, in seconds from `origin`. A stage is the difference of two neighbouring
 * marks, so stages always add up. A mark that was not observed is missing, and never guessed.
 */
export interface Latency {
  /** The mark that is 0. It is `speech_end` if the agent answers speech. */
  origin: LatencyMark;
  marks: Partial<Record<LatencyMark, number>>;
  /** `playback_start` measured from the end of the user's speech, if both are known. */
  e2e_s?: number;
  /** How the end of the user's speech was found, if `speech_end` is a mark. */
  speech_end_by?: SpeechEndBy;
  /**
   * Each round of tools in order, if the LLM called tools more than once before it spoke. `marks` has
   * only the beginning of the first round and the end of the last one. The stages cover each round.
   */
  tool_rounds?: ToolRound[];
  /** The software that measured it, e.g. `livekit_python`, if TalkTrace only imported it. */
  measured_by?: string;
}

/**
 * The tools that one LLM answer called, in seconds from the latency's origin. The request is missing if
 * it was not observed. In a first round it is also missing if its answer gave words that were spoken
 * before.
 */
export interface ToolRound {
  llm_start_s?: number;
  llm_first_token_s?: number;
  /** When the first of its tools began. */
  start_s: number;
  /** When the last of its tools ended. Missing if these words were said while the round still ran. */
  end_s?: number;
}

/**
 * How the end of the user's speech was found:
 *
 * - `audio`: the last sound of speech in the frames that the caller sent.
 * - `vad`: LiveKit's voice activity detection, which is some tens of milliseconds later.
 * - `stt`: the STT's report, which is later by the way to the service and back.
 * - `realtime`: a realtime model's report, which is later in the same way.
 */
export type SpeechEndBy = "audio" | "vad" | "stt" | "realtime";

/**
 * The marks in their usual order.
 *
 * - `speech_end`: the caller's last sound.
 * - `transcript_final`: the last final transcript arrived.
 * - `turn_committed`: LiveKit took the caller's words as a turn.
 * - `turn_hook_end`: the agent's own `onUserTurnCompleted` ended; missing if it has none.
 * - `tool_llm_start`, `tool_llm_first_token`: the LLM was asked, and its answer, a tool call, began.
 *   Only if nothing was said before the tool ran.
 * - `tool_start`, `tool_end`: the first tool began, and the last one ended. If the LLM called tools
 *   again in between, `tool_rounds` has each round. Words that were said while the tool ran have no
 *   `tool_end`.
 * - `llm_start`, `llm_first_token`: the LLM was asked for these words, and its answer began.
 * - `tts_start`: the first text went to synthesis.
 * - `tts_first_byte`: the first audio came from the TTS or the realtime model.
 * - `playback_start`: the first sound was played to the caller.
 * - `playback_end`: the sound stopped, at the end or because it was cut off.
 */
export const LATENCY_MARKS = [
  "speech_end",
  "transcript_final",
  "turn_committed",
  "turn_hook_end",
  "tool_llm_start",
  "tool_llm_first_token",
  "tool_start",
  "tool_end",
  "llm_start",
  "llm_first_token",
  "tts_start",
  "tts_first_byte",
  "playback_start",
  "playback_end",
] as const;
export type LatencyMark = (typeof LATENCY_MARKS)[number];

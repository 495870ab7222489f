/**
 * Where the time between the caller's last sound and the agent's first went.
 *
 * Marks are on one clock, in seconds from `origin`. A stage is the difference of two neighbouring
 * marks, so stages always add up; a mark that was not observed is missing, never guessed.
 */
export interface Latency {
  /** The mark that is 0: `speech_end` where the agent answers speech. */
  origin: LatencyMark;
  marks: Partial<Record<LatencyMark, number>>;
  /** `playback_start` from the end of the user's speech, where both are known. */
  e2e_s?: number;
  /** How the end of the user's speech was found, where `speech_end` is a mark. */
  speech_end_by?: SpeechEndBy;
  /**
   * Where the LLM asked for tools more than once before it spoke: each round, in order. `marks` has
   * the beginning of the first and the end of the last, and the stages are those of the rounds.
   */
  tool_rounds?: ToolRound[];
}

/**
 * What the LLM asked for at once, in seconds from the latency's origin. The request is missing where
 * it was not observed, and of a first round whose request gave words that were said before.
 */
export interface ToolRound {
  llm_start_s?: number;
  llm_first_token_s?: number;
  /** When the first of its tools began. */
  start_s: number;
  /** When the last of its tools was over; missing of one during which these words were said. */
  end_s?: number;
}

/**
 * How the end of the user's speech was found:
 * - `audio`: the last sound of speech in the frames that the caller sent.
 * - `vad`: LiveKit's voice activity detection, which is later by some tens of milliseconds.
 * - `stt`: the speech service's word for it, which is later by the way there and back.
 * - `realtime`: a realtime model's word for it, likewise.
 */
export type SpeechEndBy = "audio" | "vad" | "stt" | "realtime";

/**
 * The marks in the order in which they usually fall.
 *
 * - `speech_end`: the caller's last sound.
 * - `transcript_final`: the last final transcript arrived.
 * - `turn_committed`: LiveKit took the caller's words as a whole.
 * - `turn_hook_end`: the agent's own `onUserTurnCompleted` was over; missing without one.
 * - `tool_llm_start`, `tool_llm_first_token`: the LLM was asked, and began to answer, with a tool
 *   call; only where nothing was said before the tool ran.
 * - `tool_start`, `tool_end`: the first tool began, and the last one was over. Where the LLM asked
 *   for more in between, `tool_rounds` tells what lies in between. Words that were said while the
 *   tool ran have no `tool_end`.
 * - `llm_start`, `llm_first_token`: the LLM was asked for these very words, and began to give them.
 * - `tts_start`: the first text went to synthesis.
 * - `tts_first_byte`: the first audio came; of a realtime model, its first audio.
 * - `playback_start`: the caller's side played the first sound.
 * - `playback_end`: it fell silent, at the end or because it was cut off.
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

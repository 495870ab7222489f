/** What one model was used for in a conversation. Counts that its provider does not report are missing. */
export interface ModelUsage {
  /** A realtime model counts as `llm`. */
  kind: "llm" | "stt" | "tts";
  provider: string;
  model: string;
  input_tokens?: number;
  /** The part of `input_tokens` that came from the provider's cache. */
  cached_input_tokens?: number;
  output_tokens?: number;
  /** Characters sent to synthesis. */
  characters?: number;
  /** Seconds of audio that were transcribed (`stt`) or synthesised (`tts`). */
  audio_s?: number;
}

/** How the values of a figure are distributed, in seconds. */
export interface SecondsSpread {
  n: number;
  min: number;
  median: number;
  max: number;
}

/** Figures over `conversation`, computed by `summarize()`. Unknown figures are missing. */
export interface Metrics {
  user_messages: number;
  agent_messages: number;
  /** Agent messages that the user interrupted. */
  interruptions: number;
  /** Speech of each side, summed over the messages whose duration is known; 0 if none is known. */
  user_speech_s: number;
  agent_speech_s: number;
  /** `ended_at` minus `started_at` of the session. */
  duration_s?: number;
  /** The agent's response time over the messages that have one. */
  e2e_s?: SecondsSpread;
  /** How many different `turn_id`s there are. */
  turns?: number;
  /** The agent's share of all speech, 0 to 1; missing if the duration of any message is not known. */
  agent_talk_ratio?: number;
  /** Words that were heard, per minute of that side's speech. */
  user_words_per_minute?: number;
  agent_words_per_minute?: number;
  /** Words in the agent's messages of `conversation` that were generated but not heard. */
  unheard_words?: number;
  /** How often the agent began to speak while the user spoke. */
  agent_interruptions?: number;
  /**
   * How often the user spoke at most 3 words, in at most 1.5 s, while the agent spoke, without
   * interrupting it.
   */
  backchannels?: number;
  /** How long both sides were audible at the same time. */
  overlap_s?: number;
  /** When the user interrupted the agent: seconds from the user's first sound to the agent's last. */
  yield_s?: SecondsSpread;
  /** Times between two messages in which nobody was audible for longer than `longer_than_s`. */
  silences?: { longer_than_s: number; n: number; total_s: number; longest_s: number };
  /**
   * The longest time that one side was audible while the other said at most backchannels, and the
   * message with which it began. Pauses do not count. Words of the other side at an unknown time end
   * it.
   */
  longest_monologue?: { role: "user" | "agent"; message_id: string; duration_s: number };
}

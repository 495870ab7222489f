/** What one model was used for in a conversation. What its provider does not report is missing. */
export interface ModelUsage {
  /** `llm` also stands for a realtime model. */
  kind: "llm" | "stt" | "tts";
  provider: string;
  model: string;
  input_tokens?: number;
  /** The part of `input_tokens` that came from the provider's cache. */
  cached_input_tokens?: number;
  output_tokens?: number;
  /** Characters that were sent to synthesis. */
  characters?: number;
  /** Audio that was heard (`stt`) or made (`tts`). */
  audio_s?: number;
}

/** How the values of a figure are spread, in seconds. */
export interface SecondsSpread {
  n: number;
  min: number;
  median: number;
  max: number;
}

/** Figures over `conversation`, computed by `summarize()`. What cannot be known is missing. */
export interface Metrics {
  user_messages: number;
  agent_messages: number;
  /** Agent messages that the user cut off. */
  interruptions: number;
  /** Speech of each side, summed over the messages whose duration is known: 0 where none is. */
  user_speech_s: number;
  agent_speech_s: number;
  /** `ended_at` minus `started_at` of the session. */
  duration_s?: number;
  /** The agent's response time over the messages that have one. */
  e2e_s?: SecondsSpread;
  /** How many different `turn_id`s there are. */
  turns?: number;
  /** The agent's share of all speech, 0 to 1; missing where a message's duration is not known. */
  agent_talk_ratio?: number;
  /** Words that were heard, a minute of that side's speech. */
  user_words_per_minute?: number;
  agent_words_per_minute?: number;
  /** Words of the agent that were made and not heard, in `conversation`. */
  unheard_words?: number;
  /** Times that the agent began to speak while the user spoke. */
  agent_interruptions?: number;
  /**
   * Times that the user spoke at most 3 words, in at most 1.5 s, while the agent spoke, which cut
   * nothing off.
   */
  backchannels?: number;
  /** How long both sides were audible at once. */
  overlap_s?: number;
  /** Where the user cut the agent off: from the user's first sound to the agent's last. */
  yield_s?: SecondsSpread;
  /** The stretches between two messages in which nobody was audible for longer than `longer_than_s`. */
  silences?: { longer_than_s: number; n: number; total_s: number; longest_s: number };
  /**
   * The longest that one side was audible without the other saying more than a backchannel, and the
   * message that it began with. Pauses do not count, and what the other said at an unknown time
   * ends it.
   */
  longest_monologue?: { role: "user" | "agent"; message_id: string; duration_s: number };
}

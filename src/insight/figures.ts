import {
  type Conversation,
  type Metrics,
  type Speech,
  summarizeSpeeches,
  toSpeech,
} from "../record/index.js";

/**
 * All figures of a conversation, as `summarize()` computes them from its messages and its session. So a
 * figure that a file states wrongly misleads no command. A key of the file's `metrics` that this version
 * does not know stays, because a newer version computed it. Pure.
 *
 * @param speeches its messages after `toSpeech()`, if the caller has them
 */
export function figuresOf(
  { conversation, session, metrics }: Pick<Conversation, "conversation" | "session" | "metrics">,
  speeches: readonly Speech[] = conversation.map(toSpeech),
): Metrics {
  const computed = summarizeSpeeches(speeches, session);
  const unknown = Object.entries(metrics).filter(([key]) => !Object.hasOwn(COMPUTED, key));
  return { ...computed, ...Object.fromEntries(unknown) };
}

/** Every figure that this version computes. A missing one is unknown, whatever the file states. */
const COMPUTED: Record<keyof Metrics, true> = {
  user_messages: true,
  agent_messages: true,
  interruptions: true,
  user_speech_s: true,
  agent_speech_s: true,
  duration_s: true,
  e2e_s: true,
  turns: true,
  agent_talk_ratio: true,
  user_words_per_minute: true,
  agent_words_per_minute: true,
  unheard_words: true,
  agent_interruptions: true,
  backchannels: true,
  overlap_s: true,
  yield_s: true,
  silences: true,
  longest_monologue: true,
};

import {
  type Conversation,
  type Metrics,
  type Speech,
  summarizeSpeeches,
  toSpeech,
} from "../record/index.js";

/**
 * All figures of a conversation that this version knows. The file's own figures come first. Figures
 * that were added to TalkTrace after the file was written are computed. Pure.
 *
 * @param speeches its messages after `toSpeech()`, if the caller has them
 */
export function figuresOf(
  { conversation, session, metrics }: Pick<Conversation, "conversation" | "session" | "metrics">,
  speeches: readonly Speech[] = conversation.map(toSpeech),
): Metrics {
  return { ...summarizeSpeeches(speeches, session), ...metrics };
}

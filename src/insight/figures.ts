import { type Conversation, type Metrics, summarize } from "../record/index.js";

/**
 * All figures of a conversation that this version knows. The file's own figures come first. Figures
 * that were added to TalkTrace after the file was written are computed. Pure.
 */
export function figuresOf(
  conversation: Pick<Conversation, "conversation" | "session" | "metrics">,
): Metrics {
  return { ...summarize(conversation), ...conversation.metrics };
}

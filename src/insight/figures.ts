import { type Conversation, type Metrics, summarize } from "../record/index.js";

/**
 * The figures of a conversation as this version knows them: those of the file, and those that have
 * been added since it was written. Pure.
 */
export function figuresOf(
  conversation: Pick<Conversation, "conversation" | "session" | "metrics">,
): Metrics {
  return { ...summarize(conversation), ...conversation.metrics };
}

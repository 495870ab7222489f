import { type Metrics, summarizeSpeeches } from "../../record/index.js";
import type { ConversationState } from "./conversation-state.js";
import { EPOCH } from "./message-figures.js";

/**
 * Above this many messages, the figures that compare all times are computed only at the end of the
 * conversation. For each message they would delay the call, by 20 ms at 10,000 messages.
 */
const LONG_CONVERSATION = 1000;

/** The figures of a state. An unreadable time loses its figure, never the document. */
export function measure({ messages, session }: ConversationState): Metrics {
  const speeches = messages.figures();
  const withTalk = session.status !== "open" || speeches.length <= LONG_CONVERSATION;
  try {
    return summarizeSpeeches(speeches, session, withTalk);
  } catch {
    return summarizeSpeeches(speeches, { started_at: EPOCH, ended_at: EPOCH }, withTalk);
  }
}

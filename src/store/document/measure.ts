import { type Metrics, summarizeSpeeches } from "../../record/index.js";
import type { ConversationState } from "./conversation-state.js";
import { EPOCH } from "./message-figures.js";

/**
 * Of a longer conversation the figures that take all its times together come at its end: computing
 * them for each message would hold up the call, 20 ms at 10,000 messages.
 */
const LONG_CONVERSATION = 1000;

/** The figures of a state. A time that cannot be read costs its figure, never the document. */
export function measure({ messages, session }: ConversationState): Metrics {
  const speeches = messages.figures();
  const withTalk = session.status !== "open" || speeches.length <= LONG_CONVERSATION;
  try {
    return summarizeSpeeches(speeches, session, withTalk);
  } catch {
    return summarizeSpeeches(speeches, { started_at: EPOCH, ended_at: EPOCH }, withTalk);
  }
}

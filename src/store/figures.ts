import { summarizeSpeeches, toSpeech } from "../record/index.js";
import type { Message, Metrics, Speech } from "../record/index.js";
import type { ConversationState } from "./conversation-state.js";

const EPOCH = "1970-01-01T00:00:00.000000+00:00";

/**
 * Of a longer conversation the figures that take all its times together come at its end: computing
 * them for each message would hold up the call, 20 ms at 10,000 messages.
 */
const LONG_CONVERSATION = 1000;

/** The figures of a state. A time that cannot be read costs its figure, never the document. */
export function measure({ messages, session }: ConversationState): Metrics {
  const speeches = messages.essences();
  const withTalk = session.status !== "open" || speeches.length <= LONG_CONVERSATION;
  try {
    return summarizeSpeeches(speeches, session, withTalk);
  } catch {
    return summarizeSpeeches(speeches, { started_at: EPOCH, ended_at: EPOCH }, withTalk);
  }
}

/**
 * What figures are made of, of one message: nearly all the work of `summarize()` is reading
 * timestamps and counting words, and a message has the same ones at every publish.
 */
export function distilMessage(message: Message): Speech {
  try {
    return toSpeech(message);
  } catch {
    const { started_at: _startedAt, ended_at: _endedAt, ...rest } = message;
    return toSpeech({ ...rest, timestamp: EPOCH });
  }
}

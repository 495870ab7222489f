import { summarize } from "../record/index.js";
import type { Message, Metrics, Session } from "../record/index.js";
import type { ConversationState } from "./conversation-state.js";

const EPOCH = "1970-01-01T00:00:00.000000+00:00";
const ANY_SESSION: Session = { id: "", status: "open", started_at: EPOCH, software: {} };

/** The figures of a state. A time that cannot be read costs its figure, never the document. */
export function measure({ messages, session }: ConversationState): Metrics {
  return summarizeSafely(messages.essences(), session);
}

/**
 * What figures are made of, of one message, with its speech as a duration: nearly all the work of
 * `summarize()` is reading timestamps, and a message has the same ones at every publish.
 */
export function distilMessage(message: Message): Message {
  const { user_speech_s, agent_speech_s } = summarizeSafely([message], ANY_SESSION);
  const { started_at: _startedAt, ended_at: _endedAt, words: _words, ...rest } = message;
  return { ...rest, audio: { duration_s: user_speech_s + agent_speech_s } };
}

function summarizeSafely(conversation: Message[], session: Session): Metrics {
  try {
    return summarize({ conversation, session });
  } catch {
    return summarize({
      conversation: conversation.map(
        ({ started_at: _startedAt, ended_at: _endedAt, ...rest }) => rest,
      ),
      session: { ...session, started_at: EPOCH, ended_at: EPOCH },
    });
  }
}

import { type Message, type Speech, toSpeech } from "../../record/index.js";

export const EPOCH = "1970-01-01T00:00:00.000000+00:00";

/**
 * What figures are made of, of one message: nearly all the work of `summarize()` is reading
 * timestamps and counting words, and a message has the same ones at every publish.
 */
export function toFigures(message: Message): Speech {
  try {
    return toSpeech(message);
  } catch {
    const { started_at: _startedAt, ended_at: _endedAt, ...rest } = message;
    return toSpeech({ ...rest, timestamp: EPOCH });
  }
}

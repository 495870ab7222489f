import { type Message, type Speech, toSpeech } from "../../record/index.js";

export const EPOCH = "1970-01-01T00:00:00.000000+00:00";

/**
 * The values of one message that figures are computed from. They are cached, because reading timestamps
 * and counting words is most of the work of `summarize()`, and they stay the same at every publish.
 */
export function toFigures(message: Message): Speech {
  try {
    return toSpeech(message);
  } catch {
    const { started_at: _startedAt, ended_at: _endedAt, ...rest } = message;
    return toSpeech({ ...rest, timestamp: EPOCH });
  }
}

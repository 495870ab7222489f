import { type Conversation, type Message, readTimestamp } from "../record/index.js";

/** A moment of a call as people write it, from the call's start: `1:12.4`, `72.4`, `1:02:03`. */
const MOMENT = /^(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)$/;

/** The moment in seconds; undefined if the text is no moment. Pure. */
export function parseMoment(text: string): number | undefined {
  const [, hours, minutes, second] = MOMENT.exec(text) ?? [];
  if (second === undefined || (minutes !== undefined && Number(second) >= 60)) return undefined;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(second);
}

/**
 * The number of the turn at a moment: the turn of the last message that had begun, or of the first
 * message if none had. Undefined if no message has a readable time. Pure.
 */
export function findTurnAt(
  { conversation, session }: Pick<Conversation, "conversation" | "session">,
  at_s: number,
): number | undefined {
  const startMs = readTimestamp(session.started_at);
  if (startMs === undefined) return undefined;
  const begun = conversation
    .flatMap((message) => {
      const beganMs = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
      // A wait belongs to the turn of its reply, and begins when the caller's words end.
      const waited_s = message.role === "agent" ? (message.latency?.e2e_s ?? 0) : 0;
      return beganMs === undefined
        ? []
        : [{ turn: message.turn_id, fromS: (beganMs - startMs) / 1000 - waited_s }];
    })
    .toSorted((a, b) => a.fromS - b.fromS);
  const found = begun.findLast(({ fromS }) => fromS <= at_s + 0.05) ?? begun[0];
  const turn = Number(found?.turn.replace("t_", ""));
  return Number.isSafeInteger(turn) ? turn : undefined;
}

/** The last message that had begun at a moment; undefined before the first message. Pure. */
export function findMessageAt(
  { conversation, session }: Pick<Conversation, "conversation" | "session">,
  at_s: number,
): Message | undefined {
  const startMs = readTimestamp(session.started_at);
  if (startMs === undefined) return undefined;
  return conversation.findLast((message) => {
    const beganMs = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    return beganMs !== undefined && (beganMs - startMs) / 1000 <= at_s + 0.05;
  });
}

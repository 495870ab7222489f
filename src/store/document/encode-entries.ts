import type { ConversationEvent, Message, UnspokenMessage } from "../../record/index.js";
import { MESSAGE_KEYS } from "../../record/message-fields.js";

const EVENT_KEYS = ["type", "timestamp", "turn_id", "span_id", "data", "redacted"];

export function encodeMessage(message: Message | UnspokenMessage): string {
  return JSON.stringify(inOrder(message, MESSAGE_KEYS), null, 2);
}

export function encodeEvent(event: ConversationEvent): string {
  return JSON.stringify(inOrder(event, EVENT_KEYS), null, 2);
}

export function inOrder(value: object, keys: readonly string[]): object {
  const ranked = Object.entries(value).map(([key, content]) => {
    const rank = keys.indexOf(key);
    return { key, content: content as unknown, rank: rank === -1 ? keys.length : rank };
  });
  ranked.sort((a, b) => a.rank - b.rank);
  // `fromEntries` defines keys and never runs a setter, so `__proto__` is a key like any other.
  return Object.fromEntries(ranked.map(({ key, content }) => [key, content]));
}

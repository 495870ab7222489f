import type {
  ConversationEvent,
  Integrity,
  Message,
  Metrics,
  Session,
  UnspokenMessage,
} from "../../record/index.js";
import { MESSAGE_KEYS } from "../../record/message-fields.js";
import { layOutEntry } from "./lay-out.js";

const EVENT_KEYS = ["type", "timestamp", "turn_id", "span_id", "data", "redacted"];

/** The keys in the order in which a person asks: which call, where, who, when, and how it ended. */
const SESSION_KEYS = [
  "id",
  // It is looked for in the first bytes of a file, so only the id may come before it.
  "imported_from",
  "room",
  "agent",
  "agent_name",
  "participants",
  "started_at",
  "ended_at",
  "status",
  "close_reason",
  "demo",
  "trace_id",
  "room_id",
  "job",
  "dispatch_metadata",
  "attributes",
  "usage",
  "software",
];

/** How far an entry of a list is indented in the document. */
const IN_LIST = "    ";
const IN_DOCUMENT = "  ";

export function encodeMessage(message: Message | UnspokenMessage): string {
  return layOutEntry(message, MESSAGE_KEYS, IN_LIST);
}

export function encodeEvent(event: ConversationEvent): string {
  return layOutEntry(event, EVENT_KEYS, IN_LIST);
}

export function encodeSession(session: Session): string {
  return layOutEntry(session, SESSION_KEYS, IN_DOCUMENT);
}

/** The figures and counts, each in the order in which they were computed. */
export function encodeCounts(counts: Metrics | Integrity): string {
  return layOutEntry(counts, [], IN_DOCUMENT);
}

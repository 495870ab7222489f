import {
  type Conversation,
  type Integrity,
  type Metrics,
  CONVERSATION_FORMAT,
  parseConversation,
} from "../../record/index.js";
import type { ConversationState } from "./conversation-state.js";
import { inOrder } from "./encode-entries.js";
import { measure } from "./measure.js";
import type { Timeline } from "./timeline.js";

const SESSION_KEYS = [
  "id",
  "status",
  "started_at",
  "ended_at",
  "close_reason",
  "trace_id",
  "room",
  "room_id",
  "job",
  "agent",
  "agent_name",
  "dispatch_metadata",
  "attributes",
  "participants",
  "usage",
  "software",
];

/**
 * The whole document, indented by two spaces, as pieces to be written one after the other. It is
 * to the byte what `JSON.stringify` would make of the same values.
 */
export function renderDocument(state: ConversationState, metrics: Metrics): Buffer[] {
  return [
    Buffer.from(`{\n  "format": ${CONVERSATION_FORMAT},\n  "conversation": `),
    ...renderList(state.messages),
    Buffer.from(`,\n  "unspoken": `),
    ...renderList(state.unspoken),
    Buffer.from(`,\n  "events": `),
    ...renderList(state.events),
    Buffer.from(
      `,\n  "session": ${renderValue(inOrder(state.session, SESSION_KEYS))}` +
        `,\n  "metrics": ${renderValue(metrics)}` +
        `,\n  "integrity": ${renderValue(integrityOf(state))}\n}\n`,
    ),
  ];
}

function integrityOf({ session, integrity, lastLine }: ConversationState): Integrity {
  return session.status === "open" ? { ...integrity, line: lastLine } : integrity;
}

/**
 * The conversation as a reader will get it from the document of this state; `undefined` if no
 * reader would take it. Going through the text, a journal and a file are held to the same rules.
 */
export function asRead(state: ConversationState, name: string): Conversation | undefined {
  try {
    const text = Buffer.concat(renderDocument(state, measure(state))).toString("utf8");
    return parseConversation(text, name);
  } catch {
    return undefined;
  }
}

function renderList<T extends { timestamp: string; id?: string }, E>(
  list: Timeline<T, E>,
): Buffer[] {
  if (list.size === 0) return [Buffer.from("[]")];
  return [Buffer.from("[\n    "), ...list.pieces(), Buffer.from("\n  ]")];
}

function renderValue(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll("\n", "\n  ");
}

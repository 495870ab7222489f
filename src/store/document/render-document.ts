import {
  type Conversation,
  type Integrity,
  type Metrics,
  CONVERSATION_FORMAT,
  parseConversation,
} from "../../record/index.js";
import type { ConversationState } from "./conversation-state.js";
import { encodeCounts, encodeSession } from "./encode-entries.js";
import { measure } from "./measure.js";
import type { Timeline } from "./timeline.js";

/**
 * The whole document as pieces to write one after the other. The order is that of a person's questions:
 * which call this is, what was said, and then the rest. `lay-out` decides what gets its own line.
 */
export function renderDocument(state: ConversationState, metrics: Metrics): Buffer[] {
  return [
    Buffer.from(
      `{\n  "format": ${CONVERSATION_FORMAT},\n  "session": ${encodeSession(state.session)}` +
        `,\n  "conversation": `,
    ),
    ...renderList(state.messages),
    Buffer.from(`,\n  "unspoken": `),
    ...renderList(state.unspoken),
    Buffer.from(`,\n  "events": `),
    ...renderList(state.events),
    Buffer.from(
      `,\n  "metrics": ${encodeCounts(metrics)}` +
        `,\n  "integrity": ${encodeCounts(integrityOf(state))}\n}\n`,
    ),
  ];
}

function integrityOf({ session, integrity, lastLine }: ConversationState): Integrity {
  return session.status === "open" ? { ...integrity, line: lastLine } : integrity;
}

/**
 * The conversation as a reader will get it from this state's document; `undefined` if no reader would
 * accept it. It is rendered and parsed, so that a journal and a file follow the same rules.
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

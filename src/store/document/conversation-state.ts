import type {
  AgentMessage,
  ConversationEvent,
  Integrity,
  Message,
  Participant,
  Session,
  SessionAmendment,
  SessionStart,
  Speech,
  UnspokenMessage,
} from "../../record/index.js";
import { encodeEvent, encodeMessage } from "./encode-entries.js";
import { toFigures } from "./message-figures.js";
import type { Operation } from "./operations.js";
import { Timeline } from "./timeline.js";

/** One conversation in memory. Live writing and replay change it only through `applyOperation`. */
export interface ConversationState {
  session: Session;
  readonly messages: Timeline<Message, Speech>;
  readonly unspoken: Timeline<UnspokenMessage>;
  readonly events: Timeline<ConversationEvent>;
  readonly integrity: Integrity;
  /** The highest `seq` so far. */
  lastSeq: number;
  /** The number of the last journal line that was applied. */
  lastLine: number;
}

export function beginConversation(session: SessionStart): ConversationState {
  return {
    session: { ...session, status: "open" },
    messages: new Timeline(encodeMessage, toFigures),
    unspoken: new Timeline<UnspokenMessage>(encodeMessage, nothing),
    events: new Timeline(encodeEvent, nothing),
    integrity: { dropped: 0, damaged_lines: 0 },
    lastSeq: 0,
    lastLine: 0,
  };
}

/** Figures are not computed from these entries. */
function nothing(): undefined {
  return undefined;
}

/** Why an operation could not be applied. Then nothing was changed. */
export type Refusal = "duplicate_id" | "unknown_id" | "not_an_agent_message" | "closed";

/** Applies one operation. The state keeps the operation's values, so they must not change afterwards. */
export function applyOperation(
  state: ConversationState,
  operation: Operation,
): Refusal | undefined {
  if (operation.op === "release") return undefined;
  if (state.session.status !== "open") return "closed";
  switch (operation.op) {
    case "add":
      return addMessage(state, operation.message);
    case "amend": {
      const message = state.messages.find(operation.id);
      if (message === undefined) return "unknown_id";
      // Spread keeps the type's union. The sink's contract says which fields an amendment may have.
      state.messages.replace(operation.id, { ...message, ...operation.amendment });
      return undefined;
    }
    case "retract": {
      const message = state.messages.find(operation.id);
      if (message === undefined) return "unknown_id";
      if (message.role !== "agent") return "not_an_agent_message";
      state.messages.remove(operation.id);
      state.unspoken.insert(toUnspoken(message, operation), message.seq);
      return undefined;
    }
    case "event":
      state.events.insert(operation.event, state.events.size);
      return undefined;
    case "session":
      state.session = amendSession(state.session, operation.amendment);
      return undefined;
    case "dropped":
      state.integrity.dropped += operation.count;
      return undefined;
    case "deferred":
      state.integrity.deferred = (state.integrity.deferred ?? 0) + operation.count;
      return undefined;
    case "close":
      state.session = { ...state.session, ...operation.end, status: "complete" };
      return undefined;
    default:
      // A newer version's kind of line is ignored.
      return undefined;
  }
}

function addMessage(state: ConversationState, message: Message): Refusal | undefined {
  const { id, seq } = message;
  if (state.messages.find(id) !== undefined || state.unspoken.find(id) !== undefined) {
    return "duplicate_id";
  }
  state.messages.insert(message, seq);
  state.lastSeq = Math.max(state.lastSeq, seq);
  return undefined;
}

function toUnspoken(
  message: AgentMessage,
  { reason, error }: Operation & { op: "retract" },
): UnspokenMessage {
  const { delivery: _delivery, generated, heard_by: _heardBy, ...rest } = message;
  return {
    ...rest,
    content: generated ?? message.content,
    reason,
    ...(error !== undefined && { error }),
  };
}

function amendSession(session: Session, amendment: SessionAmendment): Session {
  const { participants, attributes, ...rest } = amendment;
  return {
    ...session,
    ...rest,
    ...(participants !== undefined && {
      participants: participants.reduce(putParticipant, session.participants ?? []),
    }),
    ...(attributes !== undefined && { attributes: { ...session.attributes, ...attributes } }),
  };
}

/** A participant's identity can come back with another id. */
function putParticipant(known: Participant[], participant: Participant): Participant[] {
  const isSame = (other: Participant): boolean =>
    participant.id === undefined
      ? other.id === undefined && other.identity === participant.identity
      : other.id === participant.id;
  return known.some(isSame)
    ? known.map((each) => (isSame(each) ? participant : each))
    : [...known, participant];
}

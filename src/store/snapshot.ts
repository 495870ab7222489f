import type { Message, Session, UnspokenMessage } from "../record/index.js";
import type { ConversationState } from "./conversation-state.js";
import { encodeLine } from "./journal.js";
import type { OpenOperation, Operation } from "./journal.js";

/**
 * A journal that replays to `state`: what a conversation is, not how it came to be so. The lines
 * are numbered from 0.
 */
export function encodeSnapshot(
  opening: OpenOperation,
  state: ConversationState,
  atMs: number,
): Buffer[] {
  const { status: _status, ended_at: _endedAt, close_reason: _reason, ...session } = state.session;
  const operations = [{ ...opening, session }, ...operationsOf(state)];
  return operations.map((operation, n) => encodeLine({ ...operation, n, at: atMs }).bytes);
}

function operationsOf(state: ConversationState): Operation[] {
  const { messages, unspoken, events, session } = state;
  const { dropped, deferred = 0 } = state.integrity;
  return [
    ...messages.items().map((message): Operation => ({ op: "add", message })),
    ...unspoken.items().flatMap(asRetracted),
    ...events.items().map((event): Operation => ({ op: "event", event })),
    ...(dropped > 0 ? [{ op: "dropped" as const, count: dropped }] : []),
    ...(deferred > 0 ? [{ op: "deferred" as const, count: deferred }] : []),
    ...(session.ended_at === undefined ? [] : [closing(session, session.ended_at)]),
  ];
}

function asRetracted({ reason, error, ...rest }: UnspokenMessage): Operation[] {
  const message: Message = { ...rest, delivery: "pending" };
  return [
    { op: "add", message },
    { op: "retract", id: rest.id, reason, ...(error !== undefined && { error }) },
  ];
}

function closing({ close_reason }: Session, ended_at: string): Operation {
  return { op: "close", end: { ended_at, ...(close_reason !== undefined && { close_reason }) } };
}

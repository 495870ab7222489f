import type { Message, UnspokenMessage } from "../../record/index.js";
import type { ConversationState } from "../document/conversation-state.js";
import type { OpenOperation, Operation } from "../document/operations.js";
import { encodeLine } from "./journal-line.js";

/**
 * A new journal that replays to `state`. It has the conversation's present state, without its history.
 * Lines are numbered from 0. The last one has the number of the last line in `state`, or a higher one.
 */
export function encodeSnapshot(
  opening: OpenOperation,
  state: ConversationState,
  atMs: number,
): Buffer[] {
  const { status: _status, ended_at, close_reason, ...session } = state.session;
  const operations: (OpenOperation | Operation)[] = [
    { ...opening, session },
    ...operationsOf(state),
  ];
  if (ended_at !== undefined) {
    const end = { ended_at, ...(close_reason && { close_reason }) };
    operations.push({ op: "close", end });
  }
  const last = operations.length - 1;
  return operations.map((operation, index) => {
    const n = index < last ? index : Math.max(last, state.lastLine);
    return encodeLine({ ...operation, n, at: atMs }).bytes;
  });
}

function operationsOf(state: ConversationState): Operation[] {
  const { messages, unspoken, events } = state;
  const { dropped, deferred = 0 } = state.integrity;
  return [
    ...messages.items().map((message): Operation => ({ op: "add", message })),
    ...unspoken.items().flatMap(asRetracted),
    ...events.items().map((event): Operation => ({ op: "event", event })),
    ...(dropped > 0 ? [{ op: "dropped" as const, count: dropped }] : []),
    ...(deferred > 0 ? [{ op: "deferred" as const, count: deferred }] : []),
  ];
}

function asRetracted({ reason, error, ...rest }: UnspokenMessage): Operation[] {
  const message: Message = { ...rest, delivery: "pending" };
  return [
    { op: "add", message },
    { op: "retract", id: rest.id, reason, ...(error !== undefined && { error }) },
  ];
}

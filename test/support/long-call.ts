import type { Conversation, Timestamp } from "../../src/record/index.js";
import { readTimestamp, toTimestamp } from "../../src/record/index.js";
import { generateCall } from "./generate-call.js";

/** Calls of any length, of a kind each, in which some rule has much to look through. */
const LONG_CALLS: Readonly<Record<string, (messages: number) => Conversation>> = {
  "of all faults": joinCalls,
  "in one turn": (messages) =>
    change(joinCalls(messages), (message) => ({ ...message, turn_id: "t_1" })),
  "without replies": (messages) => {
    const call = change(joinCalls(2 * messages), (message) => message);
    const users = call.conversation.filter(({ role }) => role === "user").slice(0, messages);
    return { ...call, conversation: users };
  },
  "whose replies never end": (messages) => {
    const call = joinCalls(messages);
    const ended_at = call.session.ended_at as Timestamp;
    return change(call, (message) =>
      message.role === "agent" && message.started_at !== undefined
        ? { ...message, ended_at }
        : message,
    );
  },
  "of one question": (messages) =>
    change(joinCalls(messages), (message) =>
      message.role === "agent"
        ? { ...message, delivery: "full", content: "What is the number of your parcel?" }
        : message,
    ),
};

export const LONG_CALL_KINDS: readonly string[] = Object.keys(LONG_CALLS);

const made = new Map<string, Conversation>();

/** A long call of a kind. It is made once, so nobody may change it. */
export function makeLongCall(kind: string, messages: number): Conversation {
  const key = `${kind} ${messages}`;
  const call = made.get(key) ?? LONG_CALLS[kind]?.(messages);
  if (call === undefined) throw new Error(`no call ${kind}`);
  made.set(key, call);
  return call;
}

type Message = Conversation["conversation"][number];

function change(call: Conversation, toChanged: (message: Message) => Message): Conversation {
  return { ...call, conversation: call.conversation.map(toChanged) };
}

/** Generated calls one behind the other, as one call. */
function joinCalls(messages: number): Conversation {
  const first = generateOnce(0);
  const joined: Conversation = { ...first, conversation: [], events: [], unspoken: [] };
  const startMs = readTimestamp(first.session.started_at) ?? 0;
  let offsetMs = 0;
  // Events grow as messages do, so that work on each event with each other one is seen to grow.
  const events = Math.ceil(messages / 2);
  const isWhole = (): boolean =>
    joined.conversation.length >= messages && joined.events.length >= events;
  for (let round = 0; !isWhole(); round += 1) {
    const call = generateOnce(round % DIFFERENT_CALLS);
    const moveMs = offsetMs + startMs - (readTimestamp(call.session.started_at) ?? 0);
    const move = (timestamp: Timestamp): Timestamp => {
      const ms = readTimestamp(timestamp);
      return ms === undefined ? timestamp : toTimestamp(ms + moveMs);
    };
    const rename = (id: string): string =>
      `${id.slice(0, 2)}${round}${id.slice(2).padStart(4, "0")}`;
    const place = <Placed extends { timestamp: Timestamp; turn_id?: string }>(placed: Placed) => ({
      ...placed,
      timestamp: move(placed.timestamp),
      ...(placed.turn_id !== undefined && { turn_id: rename(placed.turn_id) }),
    });
    for (const message of call.conversation)
      joined.conversation.push({
        ...place(message),
        id: rename(message.id),
        seq: joined.conversation.length + 1,
        ...(message.started_at !== undefined && { started_at: move(message.started_at) }),
        ...(message.ended_at !== undefined && { ended_at: move(message.ended_at) }),
        ...(message.role === "agent" &&
          message.interrupted_by !== undefined && {
            interrupted_by: rename(message.interrupted_by),
          }),
      });
    joined.events.push(...call.events.map(place));
    joined.unspoken.push(...call.unspoken.map((each) => ({ ...place(each), id: rename(each.id) })));
    const endMs = readTimestamp(call.session.ended_at) ?? readTimestamp(call.session.started_at);
    offsetMs = (endMs ?? 0) + moveMs - startMs + 20_000;
  }
  joined.conversation.length = messages;
  joined.events.length = events;
  const ended_at = toTimestamp(startMs + offsetMs);
  return {
    ...joined,
    session: { ...first.session, ended_at, close_reason: "participant_disconnected" },
  };
}

const DIFFERENT_CALLS = 80;
const generated: Conversation[] = [];

/** Short calls need only the first ones, and each takes milliseconds. */
function generateOnce(index: number): Conversation {
  return (generated[index] ??= generateCall(index + 1, false).conversation);
}

import type { Conversation, Timestamp } from "../../src/record/index.js";
import { readTimestamp, toTimestamp } from "../../src/record/index.js";
import { generateCall } from "./generate-call.js";

/** Calls of any length, of a kind each, in which some rule has much to look through. */
export const LONG_CALLS: Readonly<Record<string, (messages: number) => Conversation>> = {
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

type Message = Conversation["conversation"][number];

function change(call: Conversation, toChanged: (message: Message) => Message): Conversation {
  return { ...call, conversation: call.conversation.map(toChanged) };
}

/** Generated calls one behind the other, as one call. */
function joinCalls(messages: number): Conversation {
  const [first] = CALLS;
  if (first === undefined) throw new Error("no call");
  const joined: Conversation = { ...first, conversation: [], events: [], unspoken: [] };
  const startMs = readTimestamp(first.session.started_at) ?? 0;
  let offsetMs = 0;
  for (let round = 0; joined.conversation.length < messages; round += 1) {
    const call = CALLS[round % CALLS.length] ?? first;
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
  const ended_at = toTimestamp(startMs + offsetMs);
  return {
    ...joined,
    session: { ...first.session, ended_at, close_reason: "participant_disconnected" },
  };
}

const CALLS = Array.from({ length: 80 }, (_, seed) => generateCall(seed + 1, false).conversation);

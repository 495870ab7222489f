import {
  type Conversation,
  type DiscardReason,
  type Latency,
  type Message,
  readTimestamp,
  toSpeech,
} from "../record/index.js";
import { type Aside, findAsides } from "./asides.js";
import { type MessageLine, describeMessage } from "./message-line.js";
import { pickTurn } from "./turns.js";
import { type WaitStage, listAgentSpeech, once, splitWait } from "./findings/wait-stages.js";

/** One message, with facts that only the whole conversation shows. */
export interface ViewedMessage {
  id: string;
  line: MessageLine;
  asides: readonly Aside[];
  latency: Latency | undefined;
  /** The stages of the wait for it; empty if no wait is known. */
  stages: readonly WaitStage[];
  /** When it began to be audible, else its `timestamp`, in seconds from the session's start. */
  at_s: number | undefined;
  /**
   * A reply that was not heard to its end yet. `speaking`: it is being played. `waiting`: another reply
   * is. `unknown`: the call is over, so nobody knows what was heard.
   */
  pending?: "speaking" | "waiting" | "unknown";
  /** Why the agent never used a user's words. */
  discarded?: DiscardReason;
  /** The words that the agent used instead. */
  taken_as?: string;
  /** It was typed or shown, and not spoken. */
  is_text?: true;
  /** The agent's own review changed or withheld the words. */
  redacted?: true;
}

/**
 * The messages of a conversation, or of one of its turns. Pure.
 *
 * @param isDead whether the process of an open call died
 */
export function viewMessages(
  conversation: Conversation,
  turn?: number,
  isDead = false,
): ViewedMessage[] {
  const { conversation: all, session } = conversation;
  const messages = turn === undefined ? all : pickTurn(conversation, turn);
  // Asides need the whole conversation, because the words that interrupt a reply belong to the next
  // turn.
  const asides = findAsides(conversation);
  const listSpoken = once(() => listAgentSpeech(all.map(toSpeech)));
  const startMs = readTimestamp(session.started_at);
  const isLive = session.status === "open" && !isDead;
  const spoken = isLive ? all.find(isPending)?.id : undefined;
  return messages.map((message): ViewedMessage => {
    const stages = message.role === "agent" ? splitWait(message, listSpoken) : [];
    const atMs = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    return {
      id: message.id,
      line: describeMessage(message, stages),
      asides: asides.get(message.id) ?? [],
      latency: message.role === "agent" ? message.latency : undefined,
      stages,
      at_s: atMs === undefined || startMs === undefined ? undefined : (atMs - startMs) / 1000,
      ...(isPending(message) && {
        pending: !isLive ? "unknown" : message.id === spoken ? "speaking" : "waiting",
      }),
      ...describeUse(message),
    };
  });
}

function isPending(message: Message): boolean {
  return message.role === "agent" && message.delivery === "pending";
}

function describeUse(
  message: Message,
): Pick<ViewedMessage, "discarded" | "taken_as" | "is_text" | "redacted"> {
  const user = message.role === "user" ? message : undefined;
  const isText = message.source === "text_input" || message.source === "text_output";
  return {
    ...(user?.discarded !== undefined && { discarded: user.discarded }),
    ...(user?.taken_as !== undefined && { taken_as: user.taken_as }),
    ...(isText && { is_text: true as const }),
    ...(message.redacted === true && { redacted: true as const }),
  };
}

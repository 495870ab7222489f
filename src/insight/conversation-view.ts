import {
  type Conversation,
  type Latency,
  type Metrics,
  type ModelUsage,
  type Session,
} from "../record/index.js";
import { type Aside, findAsides } from "./asides.js";
import { figuresOf } from "./figures.js";
import { type Finding, type FindingOptions, findFindings } from "./findings/index.js";
import { groupLatencies } from "./latency-groups.js";
import { type MessageLine, describeMessage } from "./message-line.js";
import type { Spread } from "./percentiles.js";
import { pickTurn } from "./turns.js";

/** A conversation, or one of its turns, in the form for people. */
export interface ConversationView {
  /** The turn that was asked for, if any. Then `messages` holds only this turn's messages. */
  turn: number | undefined;
  messages: ViewedMessage[];
  /** The summary of the whole conversation. */
  summary: ConversationSummary;
  /** The findings of the whole conversation, in the order in which they happened. */
  findings: Finding[];
  /** How long the caller waited for replies; undefined if no wait is known. */
  waits: Spread | undefined;
}

/** One message, with facts that only the whole conversation shows. */
export interface ViewedMessage {
  id: string;
  line: MessageLine;
  asides: readonly Aside[];
  latency: Latency | undefined;
}

export interface ConversationSummary {
  status: Session["status"];
  figures: Metrics;
  /** Syntheses of which the caller heard nothing. */
  unspoken: number;
  usage: readonly ModelUsage[];
}

/** Pure. */
export function viewConversation(
  conversation: Conversation,
  turn?: number,
  options?: FindingOptions,
): ConversationView {
  const [waits] = groupLatencies([conversation]);
  return {
    turn,
    messages: viewMessages(conversation, turn),
    summary: {
      status: conversation.session.status,
      figures: figuresOf(conversation),
      unspoken: conversation.unspoken.length,
      usage: conversation.session.usage ?? [],
    },
    findings: findFindings(conversation, options),
    waits: waits?.e2e_s,
  };
}

/** The messages of a conversation, or of one of its turns. Pure. */
export function viewMessages(conversation: Conversation, turn?: number): ViewedMessage[] {
  const messages = turn === undefined ? conversation.conversation : pickTurn(conversation, turn);
  // Asides need the whole conversation, because the words that interrupt a reply belong to the next
  // turn.
  const asides = findAsides(conversation);
  return messages.map((message) => ({
    id: message.id,
    line: describeMessage(message),
    asides: asides.get(message.id) ?? [],
    latency: message.role === "agent" ? message.latency : undefined,
  }));
}

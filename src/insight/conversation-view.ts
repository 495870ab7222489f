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

/** A conversation, or one turn of it, as people read it. */
export interface ConversationView {
  /** The turn, where one was asked for; then `messages` are those of the turn alone. */
  turn: number | undefined;
  messages: ViewedMessage[];
  /** Of the whole conversation. */
  summary: ConversationSummary;
  /** What somebody should know of the whole conversation, in the order in which it happened. */
  findings: Finding[];
  /** How long the caller waited for replies, where that is known of any. */
  waits: Spread | undefined;
}

/** One message, with what the whole conversation tells of it. */
export interface ViewedMessage {
  id: string;
  line: MessageLine;
  asides: readonly Aside[];
  latency: Latency | undefined;
}

export interface ConversationSummary {
  status: Session["status"];
  figures: Metrics;
  /** Syntheses of which nothing was heard. */
  unspoken: number;
  usage: readonly ModelUsage[];
}

/** Pure. */
export function viewConversation(
  conversation: Conversation,
  turn?: number,
  options?: FindingOptions,
): ConversationView {
  const messages = turn === undefined ? conversation.conversation : pickTurn(conversation, turn);
  // Of the whole: what cut a reply off belongs to the turn after it.
  const asides = findAsides(conversation);
  const [waits] = groupLatencies([conversation]);
  return {
    turn,
    messages: messages.map((message) => ({
      id: message.id,
      line: describeMessage(message),
      asides: asides.get(message.id) ?? [],
      latency: message.role === "agent" ? message.latency : undefined,
    })),
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

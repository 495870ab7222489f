import type { Conversation, Metrics, ModelUsage, Session } from "../record/index.js";
import { type TimelineEntry, viewTimeline } from "./call-timeline.js";
import { figuresOf } from "./figures.js";
import { type Finding, type FindingOptions, findFindings } from "./findings/index.js";
import { groupLatencies } from "./latency-groups.js";
import type { Spread } from "./percentiles.js";
import type { ViewedMessage } from "./viewed-message.js";

/** A conversation, or one of its turns, in the form for people. */
export interface ConversationView {
  /** The turn that was asked for, if any. Then `entries` holds only what belongs to this turn. */
  turn: number | undefined;
  /** Messages, tool calls, events and unspoken replies, in the order in which they happened. */
  entries: TimelineEntry[];
  /** The messages among the entries. */
  messages: ViewedMessage[];
  /** The summary of the whole conversation. */
  summary: ConversationSummary;
  /** The findings of the whole conversation, in the order in which they happened. */
  findings: Finding[];
  /** How long the caller waited for replies; undefined if no wait is known. */
  waits: Spread | undefined;
}

export interface ConversationSummary {
  status: Session["status"];
  figures: Metrics;
  /** Syntheses of which the caller heard nothing. */
  unspoken: number;
  usage: readonly ModelUsage[];
}

/** What is known of a conversation beside its record. */
export interface ViewOptions extends FindingOptions {
  /** The call is open, but its process died. */
  isDead?: boolean;
}

/** Pure. */
export function viewConversation(
  conversation: Conversation,
  turn?: number,
  options: ViewOptions = {},
): ConversationView {
  const [waits] = groupLatencies([conversation]);
  const entries = viewTimeline(conversation, turn, options.isDead);
  return {
    turn,
    entries,
    messages: entries.flatMap((entry) => (entry.kind === "message" ? [entry.message] : [])),
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

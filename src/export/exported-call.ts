import {
  type Finding,
  type FindingOptions,
  type ViewedMessage,
  findFindings,
  findTurnAt,
  viewMessages,
} from "../insight/index.js";
import { type Conversation, type Message, type Timestamp, readTimestamp } from "../record/index.js";

/** A call as formats get it. */
export interface ExportedCall {
  /** The call's name, without folder and ending. */
  name: string;
  conversation: Conversation;
  /** In the order in which they happened. They are sought at the first use, which takes long. */
  readonly findings: readonly Finding[];
  /** The moment that was asked for, in seconds from the session's start. */
  at_s: number | undefined;
  /** A message with its wait and its stages; undefined for an unspoken one. */
  view(message: Pick<Message, "id">): ViewedMessage | undefined;
  /** The seconds from the session's start to a timestamp; undefined if there is none. */
  secondsOf(timestamp: Timestamp | undefined): number | undefined;
}

/** Pure. */
export function toExportedCall(
  name: string,
  conversation: Conversation,
  at_s: number | undefined,
  options?: FindingOptions,
): ExportedCall {
  const startMs =
    readTimestamp(conversation.session.started_at) ??
    conversation.conversation.map(({ timestamp }) => readTimestamp(timestamp)).find(Boolean) ??
    0;
  let views: Map<string, ViewedMessage> | undefined;
  let findings: Finding[] | undefined;
  return {
    name,
    conversation,
    view({ id }) {
      views ??= new Map(viewMessages(conversation).map((viewed) => [viewed.id, viewed]));
      return views.get(id);
    },
    get findings() {
      findings ??= findFindings(conversation, options);
      return findings;
    },
    at_s,
    secondsOf(timestamp) {
      const ms = readTimestamp(timestamp);
      // Timestamps have microseconds.
      return ms === undefined ? undefined : Math.round((ms - startMs) * 1000) / 1e6;
    },
  };
}

/** When a message began: its first sound, or else its timestamp, in seconds from the start. Pure. */
export function beginningOf(call: ExportedCall, message: MessageTimes): number | undefined {
  return call.secondsOf(message.started_at) ?? call.secondsOf(message.timestamp);
}

type MessageTimes = Pick<Message, "timestamp"> & { started_at?: Timestamp };

/** The part of a call round its moment. */
export interface Excerpt {
  messages: readonly Message[];
  /** The id of the turn at the moment; undefined without a moment. */
  turnId: string | undefined;
}

/** The turn at the call's moment and one turn on each side, or the whole call. Pure. */
export function takeExcerpt(call: ExportedCall): Excerpt {
  const { conversation } = call.conversation;
  const turn = call.at_s === undefined ? undefined : findTurnAt(call.conversation, call.at_s);
  if (turn === undefined) return { messages: conversation, turnId: undefined };
  const turnId = `t_${turn}`;
  const ids = [...new Set(conversation.map(({ turn_id }) => turn_id))];
  const place = ids.indexOf(turnId);
  const kept = new Set(ids.slice(Math.max(0, place - 1), place + 2));
  return { messages: conversation.filter(({ turn_id }) => kept.has(turn_id)), turnId };
}

/** The findings that name a message of the excerpt; all if it is the whole call. Pure. */
export function findingsOf(call: ExportedCall, { messages, turnId }: Excerpt): readonly Finding[] {
  if (turnId === undefined) return call.findings;
  const ids = new Set(messages.map(({ id }) => id));
  return call.findings.filter(({ message_ids }) => message_ids.some((id) => ids.has(id)));
}

/** The messages that had begun at the call's moment, or all. Pure. */
export function takeUntil(call: ExportedCall): readonly Message[] {
  const { at_s } = call;
  const { conversation } = call.conversation;
  if (at_s === undefined) return conversation;
  return conversation.filter((message) => (beginningOf(call, message) ?? 0) <= at_s + 0.05);
}

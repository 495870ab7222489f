import {
  type Conversation,
  type ConversationEvent,
  type JsonValue,
  type Message,
  type UnspokenReason,
  readTimestamp,
} from "../record/index.js";
import { textOfData } from "../record/json-data.js";
import { hasFailed } from "./findings/index.js";
import { type ViewedMessage, viewMessages } from "./viewed-message.js";

/** One entry of a call's timeline, with its moment in seconds from the session's start. */
export type TimelineEntry = { at_s: number | undefined; turn: string | undefined } & (
  | { kind: "message"; message: ViewedMessage }
  | ({ kind: "tool" } & ToolEntry)
  | { kind: "event"; type: string; data: { [key: string]: JsonValue }; isWithheld: boolean }
  | { kind: "unspoken"; text: string; reason: UnspokenReason; error: string | undefined }
);

export interface ToolEntry {
  name: string;
  /** As the LLM wrote them. */
  arguments: string;
  /** Undefined if the tool gave no result. */
  output: string | undefined;
  duration_s: number | undefined;
  outcome: "ok" | "failed" | "unfinished" | "withheld";
}

type Placed = { timestamp: string; turn_id?: string };

/**
 * The messages, tool calls, events and unspoken replies of a call, in the order in which they happened.
 * Pure.
 *
 * @param turn limits it to one turn
 * @param isDead whether the process of an open call died
 */
export function viewTimeline(
  conversation: Conversation,
  turn?: number,
  isDead = false,
): TimelineEntry[] {
  const startMs = readTimestamp(conversation.session.started_at);
  const toPlace = ({ timestamp, turn_id }: Placed) => {
    const atMs = readTimestamp(timestamp);
    return {
      at_s: atMs === undefined || startMs === undefined ? undefined : (atMs - startMs) / 1000,
      turn: turn_id?.replace("t_", ""),
    };
  };
  const messages = new Map<string, Message>(
    conversation.conversation.map((message) => [message.id, message]),
  );
  const entries = [
    viewMessages(conversation, turn, isDead).map((message) => {
      const { timestamp, turn_id } = messages.get(message.id)!;
      const place = toPlace({ timestamp, turn_id });
      return {
        orderS: place.at_s,
        entry: { ...place, at_s: message.at_s, kind: "message" as const, message },
      };
    }),
    conversation.events.filter(isOf(turn)).map((event) => {
      const place = toPlace(event);
      return { orderS: place.at_s, entry: { ...place, ...viewEvent(event) } };
    }),
    conversation.unspoken.filter(isOf(turn)).map((unspoken) => {
      const { content, reason, error } = unspoken;
      const place = toPlace(unspoken);
      return {
        orderS: place.at_s,
        entry: { ...place, kind: "unspoken" as const, text: content, reason, error },
      };
    }),
  ];
  return mergeInOrder(entries);
}

function isOf(turn: number | undefined): (placed: Placed) => boolean {
  return ({ turn_id }) => turn === undefined || turn_id === `t_${turn}`;
}

/** An event, of which a tool call is read. Pure. */
export function viewEvent(event: ConversationEvent) {
  const { type, data, redacted } = event;
  const isWithheld = redacted === true && Object.keys(data).length === 0;
  if (type !== "tool_call") return { kind: "event" as const, type, data, isWithheld };
  return {
    kind: "tool" as const,
    name: textOfData(data["name"]) ?? "(unknown)",
    arguments: textOfData(data["arguments"]) ?? "",
    output: textOfData(data["output"]),
    duration_s: typeof data["duration_s"] === "number" ? data["duration_s"] : undefined,
    outcome: outcomeOf(event, isWithheld),
  };
}

function outcomeOf(event: ConversationEvent, isWithheld: boolean): ToolEntry["outcome"] {
  if (isWithheld) return "withheld";
  if (event.data["unfinished"] === true) return "unfinished";
  return hasFailed(event) ? "failed" : "ok";
}

/**
 * Merges lists of which each is in order. An entry without a moment stays behind its neighbour. Of
 * several entries at the same moment, those of the first list come first.
 */
function mergeInOrder(
  lists: readonly { orderS: number | undefined; entry: TimelineEntry }[][],
): TimelineEntry[] {
  const placed = lists.flatMap((list) => {
    let lastS = -Infinity;
    return list.map(({ orderS, entry }) => {
      lastS = Math.max(lastS, orderS ?? lastS);
      return { lastS, entry };
    });
  });
  return placed.toSorted((a, b) => a.lastS - b.lastS || 0).map(({ entry }) => entry);
}

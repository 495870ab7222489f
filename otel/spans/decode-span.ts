import type { Attributes } from "@opentelemetry/api";
import { hrTimeToMilliseconds } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import {
  type AgentMessage,
  type ConversationEvent,
  type Delivery,
  type JsonValue,
  LATENCY_MARKS,
  type Latency,
  type LatencyMark,
  type MessageAmendment,
  type MessageAudio,
  type NewMessage,
  type SessionAmendment,
  type SessionEnd,
  type SessionStart,
  type SpeechEndBy,
  type ToolRound,
  type UnspokenReason,
  type UserMessage,
  type Word,
  toTimestamp,
} from "../../src/record/index.js";
import { ATTR, RECORD, latencyMarkKey } from "./attributes.js";
import { decodeAmendment, decodeEnd, decodeSession } from "./decode-session.js";
import { decodePlain, parseUncut } from "./plain-attributes.js";
import { need, number, present, text } from "./read-attributes.js";

/** What one ended span tells the record. */
export type SpanRecord =
  | { kind: "open"; session: SessionStart }
  | {
      kind: "message";
      message: NewMessage;
      /** The agent message that this user message interrupted. */
      interrupts?: string;
      unspoken?: { reason: UnspokenReason; error?: string };
    }
  | { kind: "playout"; messageId: string; amendment: Playback }
  | { kind: "unspoken"; messageId: string; reason: UnspokenReason }
  | { kind: "amendment"; messageId: string; amendment: MessageAmendment }
  | { kind: "event"; event: ConversationEvent }
  | { kind: "session"; amendment: SessionAmendment }
  | { kind: "close"; end: SessionEnd };

/**
 * How a playout ended. `heard` is missing if all of the message was heard. Otherwise the record's
 * `content` becomes `heard`, and its `generated` the whole text.
 */
export interface Playback {
  heard?: string;
  amendment: MessageAmendment;
}

/** The id of the session that a span belongs to; undefined for a span that is only forwarded. */
export function sessionIdOf(span: ReadableSpan): string | undefined {
  return typeof span.attributes[ATTR.record] === "string"
    ? text(span.attributes, ATTR.sessionId)
    : undefined;
}

/**
 * Reads a span that `startConversation()` wrote.
 *
 * @throws {TypeError} if a span of ours lacks an attribute, or has one of another type
 */
export function decodeSpan(span: ReadableSpan): SpanRecord {
  const { attributes } = span;
  const kind = need(attributes, ATTR.record);
  switch (kind) {
    case RECORD.open:
      return { kind: "open", session: decodeSession(span) };
    case RECORD.message:
      return decodeMessage(span);
    case RECORD.playout:
      return {
        kind: "playout",
        messageId: need(attributes, ATTR.messageId),
        amendment: decodePlayback(attributes),
      };
    case RECORD.unspoken:
      return {
        kind: "unspoken",
        messageId: need(attributes, ATTR.messageId),
        reason: need(attributes, ATTR.unspokenReason) as UnspokenReason,
      };
    case RECORD.amendment:
      return {
        kind: "amendment",
        messageId: need(attributes, ATTR.messageId),
        amendment: decodePlain("amendment", attributes),
      };
    case RECORD.event:
      return { kind: "event", event: decodeEvent(span) };
    case RECORD.session:
      return { kind: "session", amendment: decodeAmendment(attributes) };
    case RECORD.close:
      return { kind: "close", end: decodeEnd(attributes) };
    default:
      throw new TypeError(`Cannot read span "${span.name}": unknown ${ATTR.record} "${kind}"`);
  }
}

function decodeMessage(span: ReadableSpan): SpanRecord {
  const { attributes } = span;
  const { traceId, spanId } = span.spanContext();
  const role = need(attributes, ATTR.role);
  const durationS = number(attributes, ATTR.audioDuration);
  const startedMs = number(attributes, ATTR.startedAt);
  const endedMs = number(attributes, ATTR.endedAt);
  const shared = {
    content: need(attributes, ATTR.content),
    timestamp: toTimestamp(
      number(attributes, ATTR.timestamp) ?? hrTimeToMilliseconds(span.endTime),
    ),
    source: need(attributes, ATTR.source),
    id: need(attributes, ATTR.messageId),
    turn_id: need(attributes, ATTR.turnId),
    ...present("started_at", startedMs === undefined ? undefined : toTimestamp(startedMs)),
    ...present("ended_at", endedMs === undefined ? undefined : toTimestamp(endedMs)),
    trace_id: traceId,
    span_id: spanId,
    ...present("audio", decodeAudio(attributes)),
  };

  if (role === "user") {
    const message: Omit<UserMessage, "seq"> = {
      role: "user",
      ...shared,
      ...decodePlain("user", attributes),
      ...present("words", decodeWords(attributes)),
    };
    return {
      kind: "message",
      message,
      ...present("interrupts", text(attributes, ATTR.interrupts)),
    };
  }
  const reason = text(attributes, ATTR.unspokenReason);
  const message: Omit<AgentMessage, "seq"> = {
    role: "agent",
    ...shared,
    // Text that is shown and not spoken has arrived when it is sent.
    delivery: durationS === undefined ? "full" : "pending",
    ...decodePlain("agent", attributes),
  };
  return {
    kind: "message",
    message,
    ...(reason === undefined
      ? {}
      : {
          unspoken: {
            reason: reason as UnspokenReason,
            ...present("error", text(attributes, ATTR.error)),
          },
        }),
  };
}

function decodeAudio(attributes: Attributes): MessageAudio | undefined {
  const durationS = number(attributes, ATTR.audioDuration);
  if (durationS === undefined) return undefined;
  return {
    duration_s: durationS,
    ...present("level_dbfs", number(attributes, ATTR.audioLevel)),
    ...present("peak_dbfs", number(attributes, ATTR.audioPeak)),
    ...present("clipped_share", number(attributes, ATTR.audioClipped)),
    ...present("snr_db", number(attributes, ATTR.audioSnr)),
    ...present("gaps", number(attributes, ATTR.audioGaps)),
    ...present("gap_s", number(attributes, ATTR.audioGapLength)),
  };
}

function decodeWords(attributes: Attributes): Word[] | undefined {
  const words = text(attributes, ATTR.words);
  return words === undefined ? undefined : (parseUncut(words) as Word[] | undefined);
}

function decodePlayback(attributes: Attributes): Playback {
  const startedMs = number(attributes, ATTR.startedAt);
  const endedMs = number(attributes, ATTR.endedAt);
  return {
    ...present("heard", text(attributes, ATTR.heard)),
    amendment: {
      delivery: need(attributes, ATTR.delivery) as Delivery,
      ...decodePlain("playout", attributes),
      ...present("words", decodeWords(attributes)),
      ...present("started_at", startedMs === undefined ? undefined : toTimestamp(startedMs)),
      ...present("ended_at", endedMs === undefined ? undefined : toTimestamp(endedMs)),
      ...present("latency", decodeLatency(attributes)),
    },
  };
}

function decodeLatency(attributes: Attributes): Latency | undefined {
  const origin = text(attributes, ATTR.latencyOrigin);
  if (origin === undefined) return undefined;
  const marks: Latency["marks"] = {};
  for (const mark of LATENCY_MARKS) {
    const seconds = number(attributes, latencyMarkKey(mark));
    if (seconds !== undefined) marks[mark] = seconds;
  }
  const rounds = text(attributes, ATTR.toolRounds);
  return {
    origin: origin as LatencyMark,
    marks,
    ...present("e2e_s", number(attributes, ATTR.e2e)),
    ...present("speech_end_by", text(attributes, ATTR.speechEndBy) as SpeechEndBy | undefined),
    ...present(
      "tool_rounds",
      rounds === undefined ? undefined : (parseUncut(rounds) as ToolRound[] | undefined),
    ),
  };
}

function decodeEvent(span: ReadableSpan): ConversationEvent {
  return {
    type: need(span.attributes, ATTR.eventType),
    timestamp: toTimestamp(hrTimeToMilliseconds(span.startTime)),
    ...present("turn_id", text(span.attributes, ATTR.turnId)),
    span_id: span.spanContext().spanId,
    data: (parseUncut(need(span.attributes, ATTR.eventData)) ?? {}) as { [key: string]: JsonValue },
    ...decodeRedacted(span.attributes),
  };
}

function decodeRedacted(attributes: Attributes): { redacted?: true } {
  return attributes[ATTR.redacted] === true ? { redacted: true } : {};
}

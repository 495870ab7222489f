import type { Attributes, Context } from "@opentelemetry/api";
import type { SessionAmendment, UnspokenReason } from "../../src/record/index.js";
import { ATTR, RECORD, SPAN } from "./attributes.js";
import { type StartSpan, fail, finish } from "./open-span.js";
import { encodePlain } from "./plain-attributes.js";
import { amendmentAttributes, defined, messageAttributes } from "./span-attributes.js";
import type {
  ConversationEnd,
  EpochMs,
  EventData,
  LateAmendment,
  TextMessage,
} from "./span-data.js";

/** How to start a span that stands for one moment, and when that moment was. */
export interface Moment {
  startSpan: StartSpan;
  atMs: EpochMs;
  parent: Context;
}

export function writeTextSpan(startSpan: StartSpan, message: TextMessage, parent: Context): void {
  const name = message.role === "user" ? SPAN.textInput : SPAN.textOutput;
  writeMoment({ startSpan, atMs: message.timestampMs, parent }, name, {
    ...messageAttributes(message),
    ...encodePlain(message.role, message),
    [ATTR.source]: message.source,
  });
}

export function writeUnspokenSpan(moment: Moment, messageId: string, reason: UnspokenReason): void {
  writeMoment(moment, SPAN.unspoken, {
    [ATTR.record]: RECORD.unspoken,
    [ATTR.messageId]: messageId,
    [ATTR.unspokenReason]: reason,
  });
}

export function writeAmendmentSpan(
  moment: Moment,
  messageId: string,
  amendment: LateAmendment,
): void {
  writeMoment(moment, SPAN.amendment, {
    [ATTR.record]: RECORD.amendment,
    [ATTR.messageId]: messageId,
    ...encodePlain("amendment", amendment),
  });
}

export function writeEventSpan(startSpan: StartSpan, event: EventData, parent: Context): void {
  const attributes = {
    [ATTR.record]: RECORD.event,
    [ATTR.eventType]: event.type,
    [ATTR.eventData]: JSON.stringify(event.data),
    ...(event.redacted === true ? { [ATTR.redacted]: true } : {}),
    ...defined({ [ATTR.turnId]: event.turnId }),
  };
  const span = startSpan(event.type, attributes, event.atMs, parent);
  const { message } = event.data;
  if (event.type === "error") fail(span, typeof message === "string" ? message : undefined);
  finish(span, event.atMs, event.atMs);
}

export function writeSessionSpan(moment: Moment, name: string, amendment: SessionAmendment): void {
  writeMoment(moment, name, {
    [ATTR.record]: RECORD.session,
    ...amendmentAttributes(amendment),
  });
}

export function writeEndSpan(
  startSpan: StartSpan,
  { endedMs, reason, usage }: ConversationEnd,
  parent: Context,
): void {
  writeMoment({ startSpan, atMs: endedMs, parent }, SPAN.conversationEnd, {
    [ATTR.record]: RECORD.close,
    [ATTR.endedAt]: endedMs,
    ...defined({
      [ATTR.closeReason]: reason,
      [ATTR.usage]: usage && JSON.stringify(usage),
    }),
  });
}

function writeMoment(
  { startSpan, atMs, parent }: Moment,
  name: string,
  attributes: Attributes,
): void {
  finish(startSpan(name, attributes, atMs, parent), atMs, atMs);
}

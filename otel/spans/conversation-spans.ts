import { type Attributes, type Context, type Tracer, context, trace } from "@opentelemetry/api";
import type { SessionAmendment, SessionStart, UnspokenReason } from "../../src/record/index.js";
import { ATTR, RECORD, SPAN } from "./attributes.js";
import {
  writeAmendmentSpan,
  writeEndSpan,
  writeEventSpan,
  writeSessionSpan,
  writeTextSpan,
  writeUnspokenSpan,
} from "./moment-spans.js";
import { type OpenSpan, type StartSpan, finish } from "./open-span.js";
import { startPlayoutSpan } from "./playout-span.js";
import { type RecordSpan, RecordedSpan } from "./recorded-span.js";
import { defined, sessionAttributes } from "./span-attributes.js";
import type {
  ConversationEnd,
  EpochMs,
  EventData,
  LateAmendment,
  Playout,
  SpeechSource,
  Synthesis,
  TextMessage,
  Transcript,
} from "./span-data.js";
import { startSynthesisSpan } from "./synthesis-span.js";
import { writeTranscriptSpan } from "./transcript-span.js";

/**
 * Writes one conversation as spans. All of TalkTrace's spans come from here. The exporter
 * (`decode-span.ts`) reads them back.
 */
export interface ConversationSpans {
  /** The context with the parent of the conversation's spans. */
  readonly root: Context;
  readonly traceId: string;
  transcript(transcript: Transcript, parent?: Context): void;
  startSynthesis(service: SpeechSource, startMs: EpochMs, parent?: Context): OpenSpan<Synthesis>;
  startPlayout(messageId: string, startMs: EpochMs, parent?: Context): OpenSpan<Playout>;
  text(message: TextMessage, parent?: Context): void;
  /** Tells that nothing was heard of a synthesis that has ended. */
  unspoken(messageId: string, reason: UnspokenReason, atMs: EpochMs, parent?: Context): void;
  /** Adds later facts to a message of the record. */
  amend(messageId: string, amendment: LateAmendment, atMs: EpochMs, parent?: Context): void;
  event(event: EventData, parent?: Context): void;
  /** Adds facts about the session, with one participant at most. */
  amendSession(name: string, amendment: SessionAmendment, atMs: EpochMs): void;
  end(end: ConversationEnd): void;
}

/** Options of a conversation beside its spans. */
export interface ConversationOptions {
  /** Returns the path of the record, after the conversation has begun. */
  findFile?: (() => string | undefined) | undefined;
  /**
   * Called with each span when it ends, complete, whatever sampler and limits the tracer has. Default:
   * only the tracer's exporters make the record.
   */
  record?: RecordSpan;
}

/**
 * Begins a conversation. Its `conversation` span ends at once, so that Jaeger shows a running call. If
 * a span is active (LiveKit's job or session), it becomes the parent. Otherwise the trace begins here.
 *
 * @param conversationId `gen_ai.conversation.id`, as on LiveKit's own spans
 */
export function startConversation(
  tracer: Tracer,
  session: Omit<SessionStart, "trace_id">,
  conversationId: string,
  startMs: EpochMs,
  parent: Context = context.active(),
  { findFile, record }: ConversationOptions = {},
): ConversationSpans {
  const common: Attributes = {
    [ATTR.conversationId]: conversationId,
    [ATTR.sessionId]: session.id,
  };
  const startSpan: StartSpan = (name, given, startTime, at) => {
    const attributes = { ...common, ...given };
    const span = tracer.startSpan(name, { startTime, attributes }, at);
    if (record === undefined) return span;
    return new RecordedSpan(span, { name, attributes, startMs: startTime, parent: at }, record);
  };

  const first = startSpan(SPAN.conversation, { [ATTR.record]: RECORD.open }, startMs, parent);
  first.setAttributes(sessionAttributes(session));
  finish(first, startMs, startMs);
  Object.assign(common, defined({ [ATTR.file]: findFile?.() }));
  // Markers stand beside the first span, so that Jaeger has one level less to open.
  const root = trace.getSpan(parent) === undefined ? trace.setSpan(parent, first) : parent;

  return {
    root,
    traceId: first.spanContext().traceId,
    transcript: (transcript, at = root) => writeTranscriptSpan(startSpan, transcript, at),
    startSynthesis: (service, atMs, at = root) => startSynthesisSpan(startSpan, service, atMs, at),
    startPlayout: (messageId, atMs, at = root) => startPlayoutSpan(startSpan, messageId, atMs, at),
    text: (message, at = root) => writeTextSpan(startSpan, message, at),
    unspoken: (messageId, reason, atMs, at = root) =>
      writeUnspokenSpan({ startSpan, atMs, parent: at }, messageId, reason),
    amend: (messageId, amendment, atMs, at = root) =>
      writeAmendmentSpan({ startSpan, atMs, parent: at }, messageId, amendment),
    event: (event, at = root) => writeEventSpan(startSpan, event, at),
    amendSession: (name, amendment, atMs) =>
      writeSessionSpan({ startSpan, atMs, parent: root }, name, amendment),
    end: (end) => writeEndSpan(startSpan, end, root),
  };
}

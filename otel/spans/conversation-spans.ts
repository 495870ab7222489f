import {
  type Attributes,
  type Context,
  type Span,
  type Tracer,
  context,
  trace,
} from "@opentelemetry/api";
import {
  type SessionAmendment,
  type SessionStart,
  type UnspokenReason,
  findLongestStage,
  listMarks,
} from "../../src/record/index.js";
import { ATTR, OPERATION, RECORD, SPAN } from "./attributes.js";
import { type OpenSpan, fail, finish, messageOf, spanName } from "./open-span.js";
import {
  amendmentAttributes,
  audioAttributes,
  defined,
  latencyAttributes,
  messageAttributes,
  serviceAttributes,
  sessionAttributes,
  toChat,
} from "./span-attributes.js";
import type {
  LateAmendment,
  ConversationEnd,
  EpochMs,
  Playout,
  SpeechSource,
  EventData,
  Synthesis,
  TextMessage,
  Transcript,
} from "./span-data.js";

/**
 * Writes one conversation as spans. This is the only place that makes TalkTrace's spans; the
 * exporter (`decode-span.ts`) reads back what is written here.
 */
export interface ConversationSpans {
  /** The context that carries the conversation's root span. */
  readonly root: Context;
  readonly traceId: string;
  transcript(transcript: Transcript, parent?: Context): void;
  startSynthesis(service: SpeechSource, startMs: EpochMs, parent?: Context): OpenSpan<Synthesis>;
  startPlayout(messageId: string, startMs: EpochMs, parent?: Context): OpenSpan<Playout>;
  text(message: TextMessage, parent?: Context): void;
  /** Says of a synthesis that has ended that nothing of it was heard. */
  unspoken(messageId: string, reason: UnspokenReason, atMs: EpochMs, parent?: Context): void;
  /** Says of a message that is in the record what was learnt later. */
  amend(messageId: string, amendment: LateAmendment, atMs: EpochMs, parent?: Context): void;
  event(event: EventData, parent?: Context): void;
  /** Says what has become known of the session: of one participant at most. */
  amendSession(name: string, amendment: SessionAmendment, atMs: EpochMs): void;
  end(end: ConversationEnd): void;
}

/**
 * Begins a conversation. Its `conversation` span ends at once; when there is an active span (a
 * LiveKit job or session) it hangs below that, else it is the root of the trace.
 *
 * @param conversationId `gen_ai.conversation.id`, as LiveKit's own spans have it.
 * @param findFile Gives the path of the record, once the conversation has begun.
 */
export function startConversation(
  tracer: Tracer,
  session: Omit<SessionStart, "trace_id">,
  conversationId: string,
  startMs: EpochMs,
  parent: Context = context.active(),
  findFile?: () => string | undefined,
): ConversationSpans {
  const common: Attributes = {
    [ATTR.conversationId]: conversationId,
    [ATTR.sessionId]: session.id,
  };

  function start(name: string, attributes: Attributes, startTime: EpochMs, at: Context): Span {
    return tracer.startSpan(name, { startTime, attributes: { ...common, ...attributes } }, at);
  }
  /** A span that stands for a moment. */
  function mark(name: string, attributes: Attributes, atMs: EpochMs, at: Context): Span {
    const span = start(name, attributes, atMs, at);
    finish(span, atMs, atMs);
    return span;
  }

  /** The silence before a reply as a bar of its own: the other spans only touch it. */
  function drawWait({ messageId, startedMs, latency }: Playout, at: Context): void {
    if (latency?.e2e_s === undefined || startedMs === undefined) return;
    const speechEndMs = startedMs - latency.e2e_s * 1000;
    const attributes = {
      [ATTR.messageId]: messageId,
      ...defined({ [ATTR.longestStage]: findLongestStage(latency)?.name }),
    };
    const span = start(SPAN.waitForReply, attributes, speechEndMs, at);
    for (const { mark: markName, at_s } of listMarks(latency)) {
      const isInside = at_s > 0 && at_s < latency.e2e_s;
      if (isInside) span.addEvent(markName, { [ATTR.after]: at_s }, speechEndMs + at_s * 1000);
    }
    finish(span, speechEndMs, startedMs);
  }

  const first = start(SPAN.conversation, { [ATTR.record]: RECORD.open }, startMs, parent);
  const traceId = first.spanContext().traceId;
  first.setAttributes(sessionAttributes(session));
  finish(first, startMs, startMs);
  Object.assign(common, defined({ [ATTR.file]: findFile?.() }));
  // Below an existing span the markers are its siblings: one level less to open in Jaeger.
  const root = trace.getSpan(parent) === undefined ? trace.setSpan(parent, first) : parent;

  return {
    root,
    traceId,
    transcript(transcript, at = root) {
      const startTime = transcript.startedMs ?? transcript.timestampMs;
      const span = start(
        spanName(SPAN.speechToText, transcript.model),
        {
          ...serviceAttributes(transcript, OPERATION.speechToText),
          [ATTR.outputType]: "text",
          ...messageAttributes({ ...transcript, role: "user" }),
          ...defined({
            [ATTR.startedAt]: transcript.startedMs,
            [ATTR.endedAt]: transcript.endedMs,
            [ATTR.language]: transcript.language,
            [ATTR.confidence]: transcript.confidence,
            [ATTR.words]: transcript.words && JSON.stringify(transcript.words),
            [ATTR.interrupts]: transcript.interrupts,
          }),
          ...audioAttributes({
            ...transcript.sound,
            ...(transcript.durationS === undefined ? {} : { duration_s: transcript.durationS }),
          }),
        },
        startTime,
        at,
      );
      finish(span, startTime, transcript.timestampMs);
    },
    startSynthesis(service, startTime, at = root) {
      const operation = service.hasNoService === true ? undefined : OPERATION.textToSpeech;
      const span = start(
        spanName(SPAN.textToSpeech, service.model),
        { ...serviceAttributes(service, operation), [ATTR.outputType]: "speech" },
        startTime,
        at,
      );
      return {
        end(synthesis, endMs) {
          // Behind an adapter it may be known only now who spoke.
          span.updateName(spanName(SPAN.textToSpeech, synthesis.model));
          span.setAttributes({
            ...serviceAttributes(synthesis, operation),
            ...messageAttributes({ ...synthesis, role: "agent" }),
            ...defined({
              [ATTR.voice]: synthesis.voice,
              [ATTR.agent]: synthesis.agent,
              [ATTR.llmModel]: synthesis.llmModel,
              [ATTR.providerRequestId]: synthesis.providerRequestId,
              [ATTR.words]: synthesis.words && JSON.stringify(synthesis.words),
              [ATTR.unspokenReason]: synthesis.unspoken?.reason,
              [ATTR.error]: synthesis.unspoken?.error,
            }),
            ...audioAttributes({ ...synthesis.sound, duration_s: synthesis.durationS }),
          });
          if (synthesis.unspoken?.reason === "failed") fail(span, synthesis.unspoken.error);
          finish(span, startTime, endMs);
        },
        drop: (endMs) => finish(span, startTime, endMs),
      };
    },
    startPlayout(messageId, startTime, at = root) {
      const span = start(SPAN.playout, { [ATTR.messageId]: messageId }, startTime, at);
      return {
        end(playout, endMs) {
          span.setAttributes({
            [ATTR.record]: RECORD.playout,
            [ATTR.delivery]: playout.delivery,
            [ATTR.played]: playout.playedS,
            [ATTR.endedAt]: playout.endedMs,
            ...latencyAttributes(playout.latency),
            ...defined({
              [ATTR.startedAt]: playout.startedMs,
              [ATTR.heard]: playout.heard,
              [ATTR.heardBy]: playout.heardBy,
              [ATTR.interruptedBy]: playout.interruptedBy,
              // The chat in Jaeger: of a synthesis the whole text, here what came of it.
              [ATTR.outputMessages]: playout.heard ? toChat("assistant", playout.heard) : undefined,
            }),
          });
          drawWait(playout, at);
          finish(span, startTime, endMs);
        },
        drop: (endMs) => finish(span, startTime, endMs),
      };
    },
    text(message, at = root) {
      const name = message.role === "user" ? SPAN.textInput : SPAN.textOutput;
      const attributes = {
        ...messageAttributes(message),
        ...defined({ [ATTR.agent]: message.agent }),
        [ATTR.source]: message.source,
      };
      mark(name, attributes, message.timestampMs, at);
    },
    unspoken(messageId, reason, atMs, at = root) {
      const attributes = {
        [ATTR.record]: RECORD.unspoken,
        [ATTR.messageId]: messageId,
        [ATTR.unspokenReason]: reason,
      };
      mark(SPAN.unspoken, attributes, atMs, at);
    },
    amend(messageId, amendment, atMs, at = root) {
      const attributes = {
        [ATTR.record]: RECORD.amendment,
        [ATTR.messageId]: messageId,
        ...defined({
          [ATTR.discarded]: amendment.discarded,
          [ATTR.takenAs]: amendment.takenAs,
          [ATTR.shown]: amendment.shown,
        }),
      };
      mark(SPAN.amendment, attributes, atMs, at);
    },
    event(event, at = root) {
      const span = start(
        event.type,
        {
          [ATTR.record]: RECORD.event,
          [ATTR.eventType]: event.type,
          [ATTR.eventData]: JSON.stringify(event.data),
          ...(event.redacted === true ? { [ATTR.redacted]: true } : {}),
          ...defined({ [ATTR.turnId]: event.turnId }),
        },
        event.atMs,
        at,
      );
      if (event.type === "error") fail(span, messageOf(event));
      finish(span, event.atMs, event.atMs);
    },
    amendSession(name, amendment, atMs) {
      mark(name, { [ATTR.record]: RECORD.session, ...amendmentAttributes(amendment) }, atMs, root);
    },
    end({ endedMs, reason, usage }) {
      const attributes = {
        [ATTR.record]: RECORD.close,
        [ATTR.endedAt]: endedMs,
        ...defined({
          [ATTR.closeReason]: reason,
          [ATTR.usage]: usage && JSON.stringify(usage),
        }),
      };
      mark(SPAN.conversationEnd, attributes, endedMs, root);
    },
  };
}

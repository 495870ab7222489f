import { createHash } from "node:crypto";
import { type Context, ROOT_CONTEXT, TraceFlags, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { ATTR_SERVICE_NAME } from "@opentelemetry/semantic-conventions";
import {
  type AgentMessage,
  type Conversation,
  type Message,
  type UnspokenMessage,
  readTimestamp,
} from "../src/record/index.js";
import {
  type PlainCarrier,
  type PlainValues,
  listPlainFields,
} from "../src/record/message-fields.js";
import { SPAN, TRACER_NAME } from "./spans/attributes.js";
import { type ConversationSpans, startConversation } from "./spans/conversation-spans.js";
import type { EpochMs, SpeechSource } from "./spans/span-data.js";

const TRACE_ID = /^(?!0{32}$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16}$)[0-9a-f]{16}$/;
/** Sources of words that passed no speech service. */
const TEXT_SOURCES: readonly string[] = ["text_input", "text_output"];

/**
 * The spans of a record, as TalkTrace wrote them while the call was held. Ids of the record stay. Spans
 * whose id is not in the record, e.g. playouts, get the same id each time. All spans stand below the
 * `conversation` span, because the record does not have the spans of LiveKit. Pure.
 *
 * @param serviceName `service.name` of their resource
 */
export function makeRecordSpans(conversation: Conversation, serviceName: string): ReadableSpan[] {
  const made: ReadableSpan[] = [];
  const ids = new RecordIds(conversation);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName }),
    idGenerator: ids,
    // The environment may have a sampler and limits for the agent's own traces.
    sampler: new AlwaysOnSampler(),
    generalLimits: { attributeValueLengthLimit: Infinity, attributeCountLimit: Infinity },
    spanLimits: {
      attributeValueLengthLimit: Infinity,
      attributeCountLimit: Infinity,
      eventCountLimit: Infinity,
    },
    spanProcessors: [keepSpans(made)],
  });
  const { session } = conversation;
  const { trace_id: _trace, ended_at: _end, status: _status, usage: _usage, ...start } = session;
  const startMs = readTimestamp(session.started_at) ?? firstTimeOf(conversation);
  ids.expect(undefined, SPAN.conversation);
  const spans = startConversation(
    provider.getTracer(TRACER_NAME),
    start,
    session.room_id ?? session.id,
    startMs,
    ROOT_CONTEXT,
  );
  new RecordReplay(conversation, spans, ids, startMs).write();
  return made;
}

function keepSpans(made: ReadableSpan[]): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: (span) => void made.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

function firstTimeOf({ conversation }: Conversation): EpochMs {
  return conversation.map(({ timestamp }) => readTimestamp(timestamp)).find(Boolean) ?? 0;
}

/** Gives spans the ids of the record. */
class RecordIds {
  readonly traceId: string;
  #next = "";

  constructor({ session, conversation }: Conversation) {
    const recorded = session.trace_id ?? conversation.find((each) => each.trace_id)?.trace_id;
    this.traceId =
      recorded !== undefined && TRACE_ID.test(recorded)
        ? recorded
        : hash(`${session.id} ${session.started_at}`, 32);
  }

  /** The next span that begins has this id, or else one that is made of its name. */
  expect(recorded: string | undefined, name: string): void {
    this.#next = recorded !== undefined && SPAN_ID.test(recorded) ? recorded : this.made(name);
  }

  made(name: string): string {
    return hash(`${this.traceId} ${name}`, 16);
  }

  generateTraceId(): string {
    return this.traceId;
  }

  generateSpanId(): string {
    return this.#next;
  }
}

/** The beginning of a hash; never only zeros, which is no valid id. */
function hash(text: string, digits: number): string {
  return (
    createHash("sha256")
      .update(text)
      .digest("hex")
      .slice(0, digits - 1) + "1"
  );
}

/** Writes each part of a record as the recorder did. */
class RecordReplay {
  readonly #conversation: Conversation;
  readonly #spans: ConversationSpans;
  readonly #ids: RecordIds;
  readonly #startMs: EpochMs;
  /** The agent message that a user message interrupted. */
  readonly #interrupted: ReadonlyMap<string, string>;

  constructor(
    conversation: Conversation,
    spans: ConversationSpans,
    ids: RecordIds,
    startMs: EpochMs,
  ) {
    this.#conversation = conversation;
    this.#spans = spans;
    this.#ids = ids;
    this.#startMs = startMs;
    this.#interrupted = new Map(
      conversation.conversation.flatMap((message) =>
        message.role === "agent" && message.interrupted_by !== undefined
          ? [[message.interrupted_by, message.id]]
          : [],
      ),
    );
  }

  write(): void {
    const { conversation, unspoken, events, session } = this.#conversation;
    for (const [at, participant] of (session.participants ?? []).entries()) {
      this.#ids.expect(undefined, `participant ${at}`);
      const atMs = readTimestamp(participant.joined_at) ?? this.#startMs;
      this.#spans.amendSession(SPAN.participantJoined, { participants: [participant] }, atMs);
    }
    for (const message of conversation) this.#writeMessage(message);
    for (const message of unspoken) this.#writeSynthesis(message, message.content);
    for (const [at, event] of events.entries()) {
      this.#ids.expect(event.span_id, `event ${at}`);
      const atMs = readTimestamp(event.timestamp) ?? this.#startMs;
      this.#spans.event({ ...event, atMs, turnId: event.turn_id });
    }
    const endedMs = readTimestamp(session.ended_at);
    if (endedMs === undefined) return;
    this.#ids.expect(undefined, SPAN.conversationEnd);
    this.#spans.end({ endedMs, reason: session.close_reason, usage: session.usage });
  }

  #writeMessage(message: Message): void {
    if (message.role === "user") this.#writeTranscript(message);
    else if (TEXT_SOURCES.includes(message.source)) this.#writeText(message);
    else {
      this.#writeSynthesis(message, message.generated ?? message.content);
      if (message.delivery !== "pending") this.#writePlayout(message);
    }
    const later = plainOf("amendment", message);
    if (Object.keys(later).length === 0) return;
    this.#ids.expect(undefined, `amendment ${message.id}`);
    this.#spans.amend(message.id, later, this.#timeOf(message), this.#parentOf(message));
  }

  #writeTranscript(message: Message & { role: "user" }): void {
    if (TEXT_SOURCES.includes(message.source)) return this.#writeText(message);
    this.#ids.expect(message.span_id, message.id);
    const { duration_s, ...sound } = message.audio ?? {};
    this.#spans.transcript(
      {
        ...serviceOf(message.source),
        ...plainOf("user", message),
        id: message.id,
        turnId: message.turn_id,
        content: message.content,
        timestampMs: this.#timeOf(message),
        startedMs: readTimestamp(message.started_at),
        endedMs: readTimestamp(message.ended_at),
        durationS: duration_s,
        sound,
        words: message.words,
        interrupts: this.#interrupted.get(message.id),
      },
      this.#parentOf(message),
    );
  }

  #writeText(message: Message): void {
    this.#ids.expect(message.span_id, message.id);
    this.#spans.text(
      {
        id: message.id,
        turnId: message.turn_id,
        role: message.role,
        content: message.content,
        source: message.source,
        timestampMs: this.#timeOf(message),
        agent: message.role === "agent" ? message.agent : undefined,
        redacted: message.redacted,
      },
      this.#parentOf(message),
    );
  }

  #writeSynthesis(message: AgentMessage | UnspokenMessage, content: string): void {
    this.#ids.expect(message.span_id, message.id);
    const startMs = this.#timeOf(message);
    const service: SpeechSource = {
      ...serviceOf(message.source),
      model: message.model,
      hasNoService: serviceOf(message.source).provider === undefined,
    };
    const { duration_s = 0, ...sound } = message.audio ?? {};
    // When the last audio byte came is not in the record. The first one is, in most cases.
    const { tts_start = 0, tts_first_byte = tts_start } = message.latency?.marks ?? {};
    this.#spans.startSynthesis(service, startMs, this.#parentOf(message)).end(
      {
        ...service,
        ...plainOf("agent", message),
        id: message.id,
        turnId: message.turn_id,
        content,
        timestampMs: startMs,
        durationS: duration_s,
        sound,
        ...("reason" in message && {
          unspoken: { reason: message.reason, error: message.error },
        }),
      },
      startMs + Math.max(0, tts_first_byte - tts_start) * 1000,
    );
  }

  #writePlayout(message: AgentMessage): void {
    const startedMs = readTimestamp(message.started_at);
    const endedMs = readTimestamp(message.ended_at) ?? startedMs ?? this.#timeOf(message);
    this.#ids.expect(undefined, `playout ${message.id}`);
    const open = this.#spans.startPlayout(
      message.id,
      startedMs ?? endedMs,
      this.#parentOf(message),
    );
    this.#ids.expect(undefined, `wait ${message.id}`);
    open.end(
      {
        ...plainOf("playout", message),
        messageId: message.id,
        delivery: message.delivery,
        startedMs,
        endedMs,
        heard: message.generated === undefined ? undefined : message.content,
        words: message.words,
        latency: message.latency,
      },
      endedMs,
    );
  }

  #timeOf({ timestamp }: Pick<Message, "timestamp">): EpochMs {
    return readTimestamp(timestamp) ?? this.#startMs;
  }

  /** A message may belong to another trace than its session. Then it stays in it. */
  #parentOf({ trace_id: traceId }: Pick<Message, "trace_id">): Context {
    const { root } = this.#spans;
    if (traceId === undefined || traceId === this.#ids.traceId || !TRACE_ID.test(traceId))
      return root;
    const spanId = this.#ids.made(`parent in ${traceId}`);
    return trace.setSpanContext(root, { traceId, spanId, traceFlags: TraceFlags.SAMPLED });
  }
}

/** `deepgram_stt` is of the provider `deepgram`; other sources name no provider. */
function serviceOf(source: string): { source: string; provider: string | undefined } {
  const provider = /^(?!custom_)(.+)_(?:stt|tts)$/.exec(source)?.[1];
  return { source, provider };
}

/** The keys of a message that are one attribute each, by their names in code. */
function plainOf<Carrier extends PlainCarrier>(
  carrier: Carrier,
  message: Message | UnspokenMessage,
): PlainValues<Carrier> {
  const values: { [key: string]: unknown } = { ...message };
  return Object.fromEntries(
    listPlainFields(carrier).flatMap(({ key, name }) =>
      values[key] === undefined ? [] : [[name, values[key]]],
    ),
  ) as PlainValues<Carrier>;
}

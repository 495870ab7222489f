import {
  type Attributes,
  type MeterProvider,
  type SpanContext,
  SpanStatusCode,
  createNoopMeter,
  metrics,
} from "@opentelemetry/api";
import { hrTimeToMilliseconds } from "@opentelemetry/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import {
  type AgentMessage,
  type Message,
  type MessageAmendment,
  type Speech,
  type StageName,
  findAgentInterruptions,
  findBackchannels,
  findLongestStage,
  findYields,
  readPackageVersion,
  sumStages,
  toSpeech,
} from "../../src/record/index.js";
import { ATTR, OPERATION, RECORD, TRACER_NAME } from "../spans/attributes.js";
import type { SpanRecord } from "../spans/decode-span.js";
import type { Exemplars } from "./exemplars.js";
import { METRIC_ATTR } from "./metric-definitions.js";
import {
  type MetricInstruments,
  type ObservedValues,
  createInstruments,
} from "./metric-instruments.js";

/** Counts what goes into the record, as it goes in: so the figures agree with the file's. */
export interface ConversationMetrics {
  /** `amendment` is what the record gets of a playout. */
  note(
    sessionId: string,
    record: SpanRecord,
    span: ReadableSpan,
    amendment?: MessageAmendment,
  ): void;
  /** A span that is not ours: LiveKit's requests to the LLM are counted. */
  noteForeign(span: ReadableSpan): void;
  /** Resolves when what was counted so far was sent, or could not be in time. */
  flush(): Promise<void>;
}

export interface ConversationMetricsOptions {
  /** Default: the global one, as it is when a conversation begins. */
  provider?: MeterProvider;
  /** Reads what has been lost so far. */
  observe?: () => ObservedValues;
  exemplars?: Exemplars;
  /** Sends what was counted. Default: nothing, whoever set the provider up flushes it. */
  flush?: () => Promise<void> | undefined;
}

/** What is known of one conversation while it is held. */
interface Held {
  instruments: MetricInstruments;
  messages: Map<string, Message>;
  /** The model that heard the user, by turn. */
  sttModels: Map<string, string>;
}

export function createConversationMetrics(
  options: ConversationMetricsOptions = {},
): ConversationMetrics {
  const held = new Map<string, Held>();
  const made = new WeakMap<MeterProvider, MetricInstruments>();

  /** The API has no proxy for a meter provider that is registered later, so it is asked each time. */
  function currentInstruments(): MetricInstruments | undefined {
    const provider = options.provider ?? metrics.getMeterProvider();
    if (isNoop(provider)) return undefined;
    let instruments = made.get(provider);
    if (instruments === undefined) {
      instruments = createInstruments(provider, options.observe ?? (() => ({})), options.exemplars);
      made.set(provider, instruments);
    }
    return instruments;
  }

  function countMessage({ instruments }: Held, message: Message): void {
    instruments.record("messages", 1, {
      [METRIC_ATTR.role]: message.role,
      [METRIC_ATTR.source]: message.source,
      ...(message.role === "agent" && {
        [ATTR.delivery]: message.delivery,
        [ATTR.agent]: message.agent,
      }),
    });
    const { spokenS } = toSpeech(message);
    if (spokenS > 0) instruments.record("speech", spokenS, { [METRIC_ATTR.role]: message.role });
  }

  function countInterruption(current: Held, messageId: string, by: string): void {
    const message = current.messages.get(messageId);
    if (message?.role !== "agent" || message.interrupted_by !== undefined) return;
    current.messages.set(messageId, { ...message, interrupted_by: by });
    current.instruments.record("interruptions", 1, { [METRIC_ATTR.by]: "user" });
  }

  function settle(
    current: Held,
    messageId: string,
    amendment: MessageAmendment,
    span: SpanContext,
  ): void {
    const { interrupted_by, ...rest } = amendment;
    if (interrupted_by !== undefined) countInterruption(current, messageId, interrupted_by);
    const known = current.messages.get(messageId);
    if (known?.role !== "agent" || known.delivery !== "pending") return;
    const message: AgentMessage = { ...known, ...rest };
    current.messages.set(messageId, message);
    countMessage(current, message);
    measureWait(current, message, span);
  }

  function measureWait(current: Held, message: AgentMessage, span: SpanContext): void {
    const { latency } = message;
    if (latency?.e2e_s === undefined) return;
    const models: { [attribute: string]: string | undefined } = {
      [METRIC_ATTR.sttModel]: current.sttModels.get(message.turn_id),
      [ATTR.llmModel]: message.llm_model,
      [METRIC_ATTR.ttsModel]: message.model,
    };
    const agent = { [ATTR.agent]: message.agent };
    const longest = { [ATTR.longestStage]: findLongestStage(latency)?.name };
    current.instruments.record("wait", latency.e2e_s, { ...longest, ...agent, ...models }, span);
    for (const { name, duration_s } of sumStages(latency)) {
      const behind = MODEL_BEHIND[name];
      // Only the model it waited for, by the name that it has on the wait.
      const model = behind === undefined ? {} : { [behind]: models[behind] };
      current.instruments.record(
        "stage",
        duration_s,
        { [METRIC_ATTR.stage]: name, ...agent, ...model },
        span,
      );
    }
  }

  function countOperation(instruments: MetricInstruments, span: ReadableSpan): Attributes {
    const { attributes, startTime, endTime, status } = span;
    const operation = pick(attributes, [ATTR.operation, ATTR.provider, ATTR.model]);
    const error = status.code === SpanStatusCode.ERROR ? { [METRIC_ATTR.errorType]: "_OTHER" } : {};
    const durationS = (hrTimeToMilliseconds(endTime) - hrTimeToMilliseconds(startTime)) / 1000;
    instruments.record("operation", durationS, { ...operation, ...error }, span.spanContext());
    return operation;
  }

  /** What only the whole of a conversation tells. */
  function conclude(current: Held): void {
    const { instruments, messages } = current;
    for (const message of messages.values()) {
      if (message.role === "agent" && message.delivery === "pending")
        countMessage(current, message);
    }
    const speeches = [...messages.values()].map(toSpeech);
    for (const { agentMessage, yieldS } of findYields(speeches)) {
      const message = messages.get(agentMessage) as AgentMessage;
      instruments.record("yield", yieldS, { [ATTR.agent]: message.agent }, spanOf(message));
    }
    if (!hasBothSides(speeches)) return;
    const cutIn = findAgentInterruptions(speeches).length;
    if (cutIn > 0) instruments.record("interruptions", cutIn, { [METRIC_ATTR.by]: "agent" });
    const backchannels = findBackchannels(speeches).length;
    if (backchannels > 0) instruments.record("backchannels", backchannels);
  }

  return {
    async flush() {
      await options.flush?.();
    },
    note(sessionId, record, span, amendment) {
      if (record.kind === "open") {
        const instruments = currentInstruments();
        if (instruments === undefined) return;
        held.set(sessionId, { instruments, messages: new Map(), sttModels: new Map() });
        instruments.record("open", 1);
        return;
      }
      const current = held.get(sessionId);
      if (current === undefined) return;
      const { instruments, messages, sttModels } = current;
      switch (record.kind) {
        case "message": {
          const { words: _words, ...rest } = record.message;
          const message = { ...rest, seq: messages.size + 1 } as Message;
          if (span.attributes[ATTR.operation] === OPERATION.textToSpeech)
            countOperation(instruments, span);
          if (record.unspoken !== undefined) {
            countUnspoken(instruments, message.source, record.unspoken.reason);
            break;
          }
          messages.set(message.id, message);
          if (message.role === "user" && message.model !== undefined)
            sttModels.set(message.turn_id, message.model);
          if (message.role === "user" || message.delivery !== "pending")
            countMessage(current, message);
          if (record.interrupts !== undefined)
            countInterruption(current, record.interrupts, message.id);
          break;
        }
        case "playout":
          settle(
            current,
            record.messageId,
            amendment ?? record.amendment.amendment,
            span.spanContext(),
          );
          break;
        case "unspoken": {
          const message = messages.get(record.messageId);
          if (message === undefined || !messages.delete(record.messageId)) break;
          countUnspoken(instruments, message.source, record.reason);
          break;
        }
        case "amendment": {
          const message = messages.get(record.messageId);
          if (message === undefined) break;
          messages.set(message.id, { ...message, ...record.amendment });
          break;
        }
        case "close":
          held.delete(sessionId);
          conclude(current);
          instruments.record("open", -1);
          instruments.record("conversations", 1, { [ATTR.closeReason]: record.end.close_reason });
          break;
        case "event":
        case "session":
      }
    },
    noteForeign(span) {
      const { attributes } = span;
      if (span.name !== LIVEKIT_REQUEST || attributes[ATTR.record] === RECORD.message) return;
      const instruments = currentInstruments();
      if (instruments === undefined) return;
      const operation = countOperation(instruments, span);
      const at = span.spanContext();
      const firstChunkS = attributes[LIVEKIT_FIRST_CHUNK_S];
      if (typeof firstChunkS === "number" && firstChunkS >= 0 && firstChunkS <= LONGEST_WAIT_S)
        instruments.record("firstChunk", firstChunkS, operation, at);
      for (const type of ["input", "output"]) {
        const tokens = attributes[`gen_ai.usage.${type}_tokens`];
        if (typeof tokens === "number" && tokens > 0)
          instruments.record("tokens", tokens, { ...operation, [METRIC_ATTR.tokenType]: type }, at);
      }
    },
  };
}

/** LiveKit's span of one request to an LLM, tools and given-up answers included. */
const LIVEKIT_REQUEST = "llm_request";
/** In seconds, as the GenAI conventions have it. */
const LIVEKIT_FIRST_CHUNK_S = "gen_ai.response.time_to_first_chunk";
/** What is longer, or negative, was measured from the wrong moment. */
const LONGEST_WAIT_S = 60;

/** The attribute that names the model a stage waits for. */
const MODEL_BEHIND: { [stage in StageName]?: string } = {
  speech_to_text: METRIC_ATTR.sttModel,
  tool_llm: ATTR.llmModel,
  llm: ATTR.llmModel,
  first_words: ATTR.llmModel,
  text_to_speech: METRIC_ATTR.ttsModel,
};

/**
 * Whether nobody would get what is counted. The API's no-op provider has one meter for everybody; it
 * is not known by the name of its class, which a bundler may shorten.
 */
function isNoop(provider: MeterProvider): boolean {
  return provider.getMeter(TRACER_NAME, readPackageVersion()) === createNoopMeter();
}

function countUnspoken(instruments: MetricInstruments, source: string, reason: string): void {
  instruments.record("unspoken", 1, {
    [METRIC_ATTR.source]: source,
    [ATTR.unspokenReason]: reason,
  });
}

function hasBothSides(speeches: readonly Speech[]): boolean {
  const isAudible = (side: string): boolean =>
    speeches.some(({ role, audible }) => role === side && audible !== undefined);
  return isAudible("user") && isAudible("agent");
}

function spanOf({ trace_id, span_id }: Message): SpanContext | undefined {
  if (trace_id === undefined || span_id === undefined) return undefined;
  return { traceId: trace_id, spanId: span_id, traceFlags: 1 };
}

function pick(attributes: Attributes, keys: readonly string[]): Attributes {
  return Object.fromEntries(keys.map((key) => [key, attributes[key]]));
}

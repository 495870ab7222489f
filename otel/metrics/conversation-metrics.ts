import { type MeterProvider, createNoopMeter, metrics } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { MessageAmendment } from "../../src/record/index.js";
import { TRACER_NAME } from "../spans/attributes.js";
import type { SpanRecord } from "../spans/decode-span.js";
import { readOwnVersion } from "../spans/without-tracing.js";
import type { Exemplars } from "./exemplars.js";
import { MeasuredConversation } from "./measured-conversation.js";
import {
  type MetricInstruments,
  type ObservedValues,
  createInstruments,
} from "./metric-instruments.js";
import { countLlmRequest, isLlmRequest } from "./operation-metrics.js";

/** Counts what goes into the record at the same time, so that the metrics agree with the file's figures. */
export interface ConversationMetrics {
  /** `amendment` is what the record gets for a playout. */
  note(
    sessionId: string,
    record: SpanRecord,
    span: ReadableSpan,
    amendment?: MessageAmendment,
  ): void;
  /** Counts a span that is not ours, if it is LiveKit's request to the LLM. */
  noteForeign(span: ReadableSpan): void;
  /** Resolves when the counts so far were sent, or could not be in time. */
  flush(): Promise<void>;
}

export interface ConversationMetricsOptions {
  /** Default: the global provider at the beginning of each conversation. */
  provider?: MeterProvider;
  /** Finds a provider that is registered later. If it finds none, the global one is used. */
  findProvider?: () => MeterProvider | undefined;
  /** Reads how much has been lost so far. */
  observe?: () => ObservedValues;
  exemplars?: Exemplars;
  /** Sends what was counted. Default: does nothing, because the provider's owner flushes it. */
  flush?: () => Promise<void> | undefined;
}

export function createConversationMetrics(
  options: ConversationMetricsOptions = {},
): ConversationMetrics {
  const held = new Map<string, MeasuredConversation>();
  const made = new WeakMap<MeterProvider, MetricInstruments>();

  /** Looks for the provider each time, because the API has no proxy for one that is registered later. */
  function currentInstruments(): MetricInstruments | undefined {
    const provider = options.provider ?? options.findProvider?.() ?? metrics.getMeterProvider();
    if (isNoop(provider)) return undefined;
    let instruments = made.get(provider);
    if (instruments === undefined) {
      instruments = createInstruments(provider, options.observe ?? (() => ({})), options.exemplars);
      made.set(provider, instruments);
    }
    return instruments;
  }

  function begin(sessionId: string): void {
    const instruments = currentInstruments();
    if (instruments !== undefined) held.set(sessionId, new MeasuredConversation(instruments));
  }

  return {
    async flush() {
      await options.flush?.();
    },
    note(sessionId, record, span, amendment) {
      if (record.kind === "open") return begin(sessionId);
      const conversation = held.get(sessionId);
      if (conversation === undefined) return;
      switch (record.kind) {
        case "message":
          return conversation.noteMessage(record, span);
        case "playout":
          return conversation.settle(
            record.messageId,
            amendment ?? record.amendment.amendment,
            span.spanContext(),
          );
        case "unspoken":
          return conversation.retract(record.messageId, record.reason);
        case "amendment":
          return conversation.amend(record.messageId, record.amendment);
        case "close":
          held.delete(sessionId);
          return conversation.conclude(record.end.close_reason);
        case "event":
        case "session":
      }
    },
    noteForeign(span) {
      if (!isLlmRequest(span)) return;
      const instruments = currentInstruments();
      if (instruments !== undefined) countLlmRequest(instruments, span);
    },
  };
}

/**
 * True if nobody receives the counts. The API's no-op provider has one meter for everybody, so the
 * meter is compared; the name of its class would not do, because a bundler may shorten it.
 */
function isNoop(provider: MeterProvider): boolean {
  return provider.getMeter(TRACER_NAME, readOwnVersion()) === createNoopMeter();
}

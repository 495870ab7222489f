import type { SpanContext } from "@opentelemetry/api";
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
  sumStages,
  toSpeech,
} from "../../src/record/index.js";
import { ATTR, OPERATION } from "../spans/attributes.js";
import type { SpanRecord } from "../spans/decode-span.js";
import { METRIC_ATTR } from "./metric-definitions.js";
import type { MetricInstruments } from "./metric-instruments.js";
import { countOperation } from "./operation-metrics.js";

/** By stage: the attribute that names the model for which the stage waits. */
const MODEL_BEHIND: { [stage in StageName]?: string } = {
  speech_to_text: METRIC_ATTR.sttModel,
  tool_llm: ATTR.llmModel,
  llm: ATTR.llmModel,
  first_words: ATTR.llmModel,
  text_to_speech: METRIC_ATTR.ttsModel,
};

/** Measures one conversation while it runs. */
export class MeasuredConversation {
  readonly #instruments: MetricInstruments;
  readonly #messages = new Map<string, Message>();
  /** The model that transcribed the user, by turn. */
  readonly #sttModels = new Map<string, string>();

  constructor(instruments: MetricInstruments) {
    this.#instruments = instruments;
    instruments.record("open", 1);
  }

  noteMessage(record: SpanRecord & { kind: "message" }, span: ReadableSpan): void {
    const { words: _words, ...rest } = record.message;
    const message = { ...rest, seq: this.#messages.size + 1 } as Message;
    if (span.attributes[ATTR.operation] === OPERATION.textToSpeech)
      countOperation(this.#instruments, span);
    if (record.unspoken !== undefined) {
      this.#countUnspoken(message.source, record.unspoken.reason);
      return;
    }
    this.#messages.set(message.id, message);
    if (message.role === "user" && message.model !== undefined)
      this.#sttModels.set(message.turn_id, message.model);
    if (message.role === "user" || message.delivery !== "pending") this.#countMessage(message);
    if (record.interrupts !== undefined) this.#countInterruption(record.interrupts, message.id);
  }

  /** A playout has ended. The message is counted only now, with its delivery. */
  settle(messageId: string, amendment: MessageAmendment, span: SpanContext): void {
    const { interrupted_by, ...rest } = amendment;
    if (interrupted_by !== undefined) this.#countInterruption(messageId, interrupted_by);
    const known = this.#messages.get(messageId);
    if (known?.role !== "agent" || known.delivery !== "pending") return;
    const message: AgentMessage = { ...known, ...rest };
    this.#messages.set(messageId, message);
    this.#countMessage(message);
    this.#measureWait(message, span);
  }

  retract(messageId: string, reason: string): void {
    const message = this.#messages.get(messageId);
    if (message === undefined || !this.#messages.delete(messageId)) return;
    this.#countUnspoken(message.source, reason);
  }

  amend(messageId: string, amendment: MessageAmendment): void {
    const message = this.#messages.get(messageId);
    if (message === undefined) return;
    this.#messages.set(messageId, { ...message, ...amendment });
  }

  /** Counts what only a whole conversation can tell. */
  conclude(closeReason: string | undefined): void {
    for (const message of this.#messages.values()) {
      if (message.role === "agent" && message.delivery === "pending") this.#countMessage(message);
    }
    this.#countBothSides();
    this.#instruments.record("open", -1);
    this.#instruments.record("conversations", 1, { [ATTR.closeReason]: closeReason });
  }

  #countBothSides(): void {
    const instruments = this.#instruments;
    const speeches = [...this.#messages.values()].map(toSpeech);
    for (const { agentMessage, yieldS } of findYields(speeches)) {
      const message = this.#messages.get(agentMessage) as AgentMessage;
      instruments.record("yield", yieldS, { [ATTR.agent]: message.agent }, spanOf(message));
    }
    if (!hasBothSides(speeches)) return;
    const cutIn = findAgentInterruptions(speeches).length;
    if (cutIn > 0) instruments.record("interruptions", cutIn, { [METRIC_ATTR.by]: "agent" });
    const backchannels = findBackchannels(speeches).length;
    if (backchannels > 0) instruments.record("backchannels", backchannels);
  }

  #countMessage(message: Message): void {
    this.#instruments.record("messages", 1, {
      [METRIC_ATTR.role]: message.role,
      [METRIC_ATTR.source]: message.source,
      ...(message.role === "agent" && {
        [ATTR.delivery]: message.delivery,
        [ATTR.agent]: message.agent,
      }),
    });
    const { spokenS } = toSpeech(message);
    if (spokenS > 0)
      this.#instruments.record("speech", spokenS, { [METRIC_ATTR.role]: message.role });
  }

  #countInterruption(messageId: string, by: string): void {
    const message = this.#messages.get(messageId);
    if (message?.role !== "agent" || message.interrupted_by !== undefined) return;
    this.#messages.set(messageId, { ...message, interrupted_by: by });
    this.#instruments.record("interruptions", 1, { [METRIC_ATTR.by]: "user" });
  }

  #countUnspoken(source: string, reason: string): void {
    this.#instruments.record("unspoken", 1, {
      [METRIC_ATTR.source]: source,
      [ATTR.unspokenReason]: reason,
    });
  }

  #measureWait(message: AgentMessage, span: SpanContext): void {
    const { latency } = message;
    if (latency?.e2e_s === undefined) return;
    const instruments = this.#instruments;
    const models: { [attribute: string]: string | undefined } = {
      [METRIC_ATTR.sttModel]: this.#sttModels.get(message.turn_id),
      [ATTR.llmModel]: message.llm_model,
      [METRIC_ATTR.ttsModel]: message.model,
    };
    const agent = { [ATTR.agent]: message.agent };
    const longest = { [ATTR.longestStage]: findLongestStage(latency)?.name };
    instruments.record("wait", latency.e2e_s, { ...longest, ...agent, ...models }, span);
    for (const { name, duration_s } of sumStages(latency)) {
      const behind = MODEL_BEHIND[name];
      // Only the model that the stage waited for, under the same attribute as on the wait.
      const model = behind === undefined ? {} : { [behind]: models[behind] };
      const attributes = { [METRIC_ATTR.stage]: name, ...agent, ...model };
      instruments.record("stage", duration_s, attributes, span);
    }
  }
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

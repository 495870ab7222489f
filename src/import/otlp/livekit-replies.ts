import { type ToolRound, LATENCY_MARKS } from "../../record/index.js";
import type { DraftAgent, DraftUnspoken } from "../draft-call.js";
import { type MarkMoments, toLatency } from "../draft-latency.js";
import { durationAt, isMoment, present, textAt, timestampOf } from "../fields.js";
import { readContent } from "../livekit-report-facts.js";
import { readHeard } from "./livekit-heard.js";
import { readJson, readModel, readSoundS, toSource } from "./livekit-facts.js";
import type { LivekitDialect } from "./livekit-dialect.js";
import {
  type AgentStep,
  type AgentTurn,
  type LivekitTurns,
  isSpoken,
  readHistory,
  wordsOf,
} from "./livekit-turns.js";
import { type LivekitUsers, speechOf } from "./livekit-users.js";
import { type ReceivedSpan, orderOf, groupBy } from "./received-span.js";

/** A round of tools, in milliseconds since 1970. */
interface ToolMoments {
  llmStartMs?: number | undefined;
  llmFirstTokenMs?: number | undefined;
  startMs: number;
  endMs: number | undefined;
}

/** Where a step stands in its reply. */
interface ReplyPlace {
  isLast: boolean;
  isCut: boolean;
  /** The marks of the wait before it, as far as other spans tell them. */
  moments: MarkMoments;
  rounds: readonly ToolMoments[];
}

/** What the agent said in a call. A reply with a preamble before a tool is two messages, as it was spoken. */
export class LivekitReplies {
  readonly drafts: DraftAgent[] = [];
  readonly unspoken: DraftUnspoken[] = [];
  readonly #users: LivekitUsers;
  readonly #dialect: LivekitDialect;
  readonly #requests: ReadonlyMap<string | undefined, readonly ReceivedSpan[]>;
  readonly #hasVoice: boolean;
  readonly #spans: readonly ReceivedSpan[];

  constructor(
    turns: LivekitTurns,
    users: LivekitUsers,
    spans: readonly ReceivedSpan[],
    dialect: LivekitDialect,
  ) {
    this.#users = users;
    this.#dialect = dialect;
    this.#spans = spans;
    this.#requests = groupBy(
      spans.filter(({ name }) => /^(?:llm|tts)_request(?:_run)?$/.test(name)),
      ({ parentSpanId }) => parentSpanId,
    );
    this.#hasVoice = spans.some(({ name }) => name === "tts_node");
    for (const speech of groupBy(turns.agentTurns, speechOf).values()) this.#readSpeech(speech);
    if (!users.isWithheld) this.#fillFromHistory();
  }

  /** What could not be found of what was said. */
  get missing(): string[] {
    const wordless = this.drafts.filter(({ content, generated }) => content === "" && !generated);
    return wordless.length === 0 || this.#users.isWithheld
      ? []
      : [`the words of ${wordless.length} replies`];
  }

  /** Reads the steps of one speech. Before 1.8.3, and in TypeScript, each step is a turn of its own. */
  #readSpeech(turns: readonly AgentTurn[]): void {
    const [first] = turns;
    const steps = turns.flatMap((turn) => turn.steps.map((step) => ({ step, turn })));
    const tools = turns.flatMap((turn) => turn.tools).toSorted((a, b) => orderOf(a) - orderOf(b));
    let answered = first && this.#users.momentsOf(first);
    let rounds: ToolMoments[] = [];
    let nextTool = 0;
    const untilMs = listNextRequests(steps.map(({ step }) => step));
    const lastSteps = new Set(turns.map((turn) => turn.steps.findLast(isSpoken)));
    const voice = steps.find(({ step }) => step.ttsNodes.length > 0)?.step.ttsNodes[0];
    for (const [index, { step, turn }] of steps.entries()) {
      if (step.isDiscarded) this.#addUnspoken(step, turn, voice);
      else if (isSpoken(step)) {
        const moments: MarkMoments = {
          ...toUserMarks(answered, step, turn),
          ...toToolMarks(rounds),
        };
        const isCut = lastSteps.has(step) && turn.span?.attributes["lk.interrupted"] === true;
        if (isCut && this.#wasDropped(step)) this.#addUnspoken(step, turn, voice);
        else if (
          this.#addReply(step, turn, { isLast: lastSteps.has(step), isCut, moments, rounds })
        )
          answered = undefined;
        rounds = [];
      }
      const ofStep: ReceivedSpan[] = [];
      for (
        let tool = tools[nextTool];
        tool !== undefined && orderOf(tool) < (untilMs[index] ?? Infinity);
        tool = tools[nextTool]
      ) {
        ofStep.push(tool);
        nextTool += 1;
      }
      const round = this.#toRound(step, ofStep);
      if (round !== undefined) rounds.push(round);
    }
  }

  #toRound(step: AgentStep, tools: readonly ReceivedSpan[]): ToolMoments | undefined {
    const startMs = tools[0]?.startMs;
    if (startMs === undefined) return undefined;
    const endMs = tools.reduce((latest, tool) => Math.max(latest, tool.endMs ?? latest), startMs);
    // An answer that gave words too was waited for by these words, and not by the next ones.
    if (isSpoken(step) || step.llm === undefined) return { startMs, endMs };
    const llmFirstTokenMs = this.#firstTokenMs(step.llm);
    return { startMs, endMs, llmStartMs: step.llm.startMs, llmFirstTokenMs };
  }

  /** Whether a reply was dropped before it was synthesised, as a preemptive one is before 1.8.3. */
  #wasDropped({ llm, ttsNodes, speakings }: AgentStep): boolean {
    return this.#hasVoice && llm !== undefined && ttsNodes.length + speakings.length === 0;
  }

  #addUnspoken(
    { llm, ttsNodes: [own] }: AgentStep,
    turn: AgentTurn,
    voice: ReceivedSpan | undefined,
  ): void {
    const content = llm === undefined ? "" : wordsOf(llm, "response.text");
    if (llm === undefined || content === "") return;
    const tts = own ?? voice;
    this.unspoken.push({
      role: "agent",
      content,
      reason: "discarded",
      ...present("timestamp", timestampOf(own?.startMs ?? llm.startMs)),
      source: toSource(tts && textAt(tts.attributes, "gen_ai.provider.name"), "tts"),
      ...present("turn", this.#users.turnNameOf(turn)),
      trace_id: llm.traceId,
      span_id: llm.spanId,
      ...present("llm_model", readModel(llm)),
    });
  }

  /** Returns false if there was nothing to hear: then the wait went on. */
  #addReply(
    step: AgentStep,
    turn: AgentTurn,
    { isLast, isCut, moments, rounds }: ReplyPlace,
  ): boolean {
    const { llm, ttsNodes, speakings } = step;
    const [tts] = ttsNodes;
    const facts = turn.span?.attributes ?? {};
    const requests = ttsNodes.flatMap(({ spanId }) => this.#requests.get(spanId) ?? []);
    const soundS = sum(requests.map(readSoundS));
    const heard = readHeard({
      told: turn.span === undefined || !isLast ? undefined : wordsOf(turn.span, "response.text"),
      generated:
        llm === undefined
          ? requests
              .map((request) => wordsOf(request, "input_text"))
              .join(" ")
              .trim()
          : wordsOf(llm, "response.text"),
      isCut,
      isOpen: turn.span === undefined,
      playedS: isCut ? durationAt(facts, "lk.playout.position") : undefined,
      audibleS: isCut ? lengthOf(speakings) : undefined,
      soundS,
    });
    const hasNothing = heard.content === "" && heard.generated === undefined;
    if (hasNothing && tts === undefined && speakings.length === 0) return false;
    const isText = tts === undefined && !this.#hasVoice;
    const speaking = isText ? undefined : speakings[0];
    const span = tts ?? llm ?? turn.span;
    const startMs = tts?.startMs ?? speakings[0]?.startMs ?? llm?.endMs ?? turn.span?.startMs;
    const provider = tts && textAt(tts.attributes, "gen_ai.provider.name");
    const endMs = speakings.at(-1)?.endMs;
    const cutBy =
      isCut && speaking !== undefined && endMs !== undefined
        ? this.#users.findInterrupter(speaking.startMs, endMs)
        : undefined;
    this.drafts.push({
      role: "agent",
      ...heard,
      ...present("timestamp", timestampOf(startMs)),
      source: tts !== undefined ? toSource(provider, "tts") : nameSource(isText, llm !== undefined),
      ...present("turn", this.#users.turnNameOf(turn)),
      ...present("started_at", timestampOf(speaking?.startMs)),
      ...present("ended_at", timestampOf(speaking === undefined ? undefined : endMs)),
      ...(span !== undefined && { trace_id: span.traceId, span_id: span.spanId }),
      ...(soundS !== undefined && { audio: { duration_s: soundS } }),
      ...present("model", tts && readModel(tts)),
      ...present("llm_model", llm && readModel(llm)),
      ...present("agent", textAt(facts, "gen_ai.agent.name")),
      ...present("provider_request_id", this.#requestIdOf(requests)),
      ...present("latency", isText ? undefined : this.#toLatency(step, moments, rounds)),
      ...(cutBy !== undefined && { interruptedBy: cutBy }),
    });
    return true;
  }

  #toLatency(
    { llm, ttsNodes: [tts], speakings }: AgentStep,
    marks: MarkMoments,
    rounds: readonly ToolMoments[],
  ): DraftAgent["latency"] {
    const ttfbS = tts && durationAt(tts.attributes, "lk.response.ttfb");
    const moments: MarkMoments = {
      ...marks,
      llm_start: llm?.startMs,
      llm_first_token: llm && this.#firstTokenMs(llm),
      tts_start: tts?.startMs,
      tts_first_byte:
        tts?.startMs === undefined || ttfbS === undefined ? undefined : tts.startMs + ttfbS * 1000,
      playback_start: speakings[0]?.startMs,
      playback_end: speakings.at(-1)?.endMs,
    };
    const originMs = LATENCY_MARKS.map((mark) => moments[mark]).find(isMoment);
    return toLatency(moments, this.#dialect.measuredBy, {
      speechEndBy: "vad",
      rounds: originMs === undefined ? [] : rounds.map((round) => toToolRound(round, originMs)),
    });
  }

  #firstTokenMs(llm: ReceivedSpan): number | undefined {
    const ttftS = durationAt(llm.attributes, "lk.response.ttft");
    if (ttftS !== undefined)
      return llm.startMs === undefined ? undefined : llm.startMs + ttftS * 1000;
    const [request] = this.#requests.get(llm.spanId) ?? [];
    if (request?.startMs === undefined) return undefined;
    const metrics = readJson(request, "lk.llm_metrics");
    const ms = durationAt(metrics, "ttftMs");
    const seconds = durationAt(metrics, "ttft");
    if (ms === undefined && seconds === undefined) return undefined;
    return request.startMs + (ms ?? (seconds ?? 0) * 1000);
  }

  /** The service's id of the synthesis, if it was one. */
  #requestIdOf(requests: readonly ReceivedSpan[]): string | undefined {
    const ids = requests.flatMap(({ spanId }) =>
      (this.#requests.get(spanId) ?? []).flatMap(({ attributes }) => {
        const list = attributes["lk.provider_request_ids"];
        return Array.isArray(list) ? list.filter((id) => typeof id === "string") : [];
      }),
    );
    return ids.length === 1 ? ids[0] : undefined;
  }

  /**
   * Takes the words of a `say()` from the history of the last LLM request, because TypeScript writes
   * them to no span. The history has what was heard. It counts only if all of it fits.
   */
  #fillFromHistory(): void {
    const llm = this.#spans.findLast(
      (span) => span.name === "llm_node" && readHistory(span).length > 0,
    );
    if (llm === undefined) return;
    const before = timestampOf(llm.startMs) ?? "";
    const wordless = this.drafts.filter(
      ({ content, generated, timestamp = "" }) =>
        content === "" && generated === undefined && timestamp < before,
    );
    if (wordless.length === 0) return;
    const known = new Map<string, number>();
    for (const { content } of this.drafts) known.set(content, (known.get(content) ?? 0) + 1);
    const others = readHistory(llm).filter((item) => {
      if (item["type"] !== "message" || item["role"] !== "assistant") return false;
      const left = known.get(readContent(item)) ?? 0;
      known.set(readContent(item), left - 1);
      return left <= 0;
    });
    if (others.length !== wordless.length) return;
    for (const [index, draft] of wordless.entries()) {
      const item = others[index] ?? {};
      const content = readContent(item);
      draft.content = content;
      const isCut = item["interrupted"] === true;
      draft.delivery = !isCut ? "full" : content === "" ? "none" : "partial";
      if (isCut && content !== "") draft.heard_by = "estimate";
    }
  }
}

/** For each step, when the LLM was asked again after it. */
function listNextRequests(steps: readonly AgentStep[]): number[] {
  let nextMs = Infinity;
  return steps
    .toReversed()
    .map(({ llm }) => {
      const untilMs = nextMs;
      if (llm !== undefined) nextMs = orderOf(llm);
      return untilMs;
    })
    .toReversed();
}

function nameSource(isText: boolean, hasLlm: boolean): string {
  if (isText) return "text_output";
  return hasLlm ? "unknown_tts" : "audio_output";
}

/** If the user's speech has no span, LiveKit's own wait tells when it ended. */
function toUserMarks(
  answered: ReturnType<LivekitUsers["momentsOf"]>,
  { speakings: [speaking] }: AgentStep,
  { span }: AgentTurn,
): MarkMoments {
  const e2eS = span && durationAt(span.attributes, "lk.e2e_latency");
  const toldEndMs =
    answered === undefined || speaking === undefined || !e2eS
      ? undefined
      : speaking.startMs - e2eS * 1000;
  return {
    speech_end: answered?.speechEndMs ?? toldEndMs,
    transcript_final: answered?.finalMs,
    turn_committed: answered?.committedMs,
    turn_hook_end: answered?.hookEndMs,
  };
}

function toToolMarks(rounds: readonly ToolMoments[]): MarkMoments {
  return {
    tool_llm_start: rounds[0]?.llmStartMs,
    tool_llm_first_token: rounds[0]?.llmFirstTokenMs,
    tool_start: rounds[0]?.startMs,
    tool_end: rounds.at(-1)?.endMs,
  };
}

function toToolRound(round: ToolMoments, originMs: number): ToolRound {
  const after = (ms: number | undefined): number | undefined =>
    ms === undefined ? undefined : Math.round((ms - originMs) * 1000) / 1e6;
  return {
    ...present("llm_start_s", after(round.llmStartMs)),
    ...present("llm_first_token_s", after(round.llmFirstTokenMs)),
    start_s: Math.round((round.startMs - originMs) * 1000) / 1e6,
    ...present("end_s", after(round.endMs)),
  };
}

function lengthOf(speakings: AgentStep["speakings"]): number | undefined {
  return sum(speakings.map(({ startMs, endMs }) => (endMs - startMs) / 1000));
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return undefined;
  return Math.round(known.reduce((total, value) => total + value, 0) * 1000) / 1000;
}

import type { JsonValue, ModelUsage } from "../../record/index.js";
import { DATA_LIMITS } from "../../record/json-data.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "../draft-call.js";
import { type MarkMoments, toLatency } from "../draft-latency.js";
import { type Fields, durationAt, present, textAt, timestampOf } from "../fields.js";
import type { ImportedConversation } from "../import-format.js";
import { sourceOf } from "../livekit-report-facts.js";
import { toToolEvent } from "../tool-call.js";
import { isOfAssistant, isOfUser, readChat, readLastTools, readWords } from "./chat-history.js";
import { type PipecatReply, type PipecatTurn, readTurns, speechEndOf } from "./pipecat-turns.js";
import { type ReceivedSpan, findLastBefore, orderOf } from "./received-span.js";
import { UsageSums } from "./usage-sums.js";

export const PIPECAT = "pipecat";
type DraftEvent = NonNullable<DraftCall["events"]>[number];

/** One conversation of Pipecat, from its spans. Pure. */
export class PipecatCall {
  readonly #spans: readonly ReceivedSpan[];
  readonly #turns: readonly PipecatTurn[];
  readonly #messages: (DraftUser | DraftAgent)[] = [];
  readonly #events: DraftEvent[] = [];
  readonly #users = new Map<ReceivedSpan, DraftUser>();
  /** Replies that the words of the next turn cut off. */
  readonly #cutOff: { draft: DraftAgent; next: PipecatTurn }[] = [];
  /** What a request to the LLM had as its last answer before the user's words. */
  readonly #heardBefore = new Map<PipecatTurn, string>();

  /** @param spans in the order of their starts */
  constructor(spans: readonly ReceivedSpan[]) {
    this.#spans = spans;
    this.#turns = readTurns(spans);
  }

  read(): ImportedConversation | undefined {
    for (const turn of this.#turns) this.#readRequests(turn);
    for (const [index, turn] of this.#turns.entries()) this.#readTurn(turn, index);
    for (const { draft, next } of this.#cutOff) {
      const by = next.stts.map((stt) => this.#users.get(stt)).find((user) => user !== undefined);
      if (by !== undefined) draft.interruptedBy = by;
    }
    const root = this.#spans.find(({ name }) => name === "conversation");
    if (root === undefined && this.#messages.length === 0) return undefined;
    return finishCall({
      format: PIPECAT,
      session: this.#describe(root),
      messages: this.#messages,
      events: this.#events,
      isCutOff: root === undefined,
      missing: [
        ...(root === undefined ? ["the end of the call"] : []),
        "word times",
        "when replies ended",
        "when tools ran",
        "why the call ended",
      ],
    });
  }

  #describe(root: ReceivedSpan | undefined): DraftCall["session"] {
    const [first] = this.#spans;
    const id = this.#spans
      .map(({ attributes }) => textAt(attributes, "conversation.id"))
      .find((each) => each !== undefined);
    const own = root === undefined ? {} : readOwnAttributes(root.attributes);
    const usage = readUsage(this.#spans);
    return {
      id: id ?? first?.traceId ?? "",
      ...present("started_at", timestampOf(root?.startMs ?? first?.startMs)),
      ...present("ended_at", timestampOf(root?.endMs)),
      ...present("trace_id", first?.traceId),
      ...(Object.keys(own).length > 0 && { attributes: own }),
      ...(usage.length > 0 && { usage }),
    };
  }

  /** The histories that the LLM got have the results of tools, and what was heard of a reply. */
  #readRequests(turn: PipecatTurn): void {
    let previous: ReceivedSpan | undefined;
    const told = new Set<string>();
    for (const [index, llm] of turn.llms.entries()) {
      const chat = readChat(llm.attributes["input"]);
      if (index === 0) {
        const user = chat.findLastIndex(isOfUser);
        const before = chat.slice(0, Math.max(user, 0)).findLast(isOfAssistant);
        if (before !== undefined) this.#heardBefore.set(turn, readWords(before));
      }
      for (const run of readLastTools(chat)) {
        const key = run.callId ?? JSON.stringify(run);
        if (told.has(key)) continue;
        told.add(key);
        // When it ran is not told. It was after the request that called it.
        const event = toToolEvent({
          ...run,
          startMs: previous?.endMs ?? llm.startMs,
          turn: turn.id,
        });
        if (event !== undefined) this.#events.push(event);
      }
      previous = llm;
    }
  }

  #readTurn(turn: PipecatTurn, index: number): void {
    for (const stt of turn.stts) {
      const words = textAt(stt.attributes, "transcript");
      if (words === undefined) continue;
      const user = toUser(stt, words, turn.id);
      this.#users.set(stt, user);
      this.#messages.push(user);
    }
    const next = this.#turns[index + 1];
    const wasCut = turn.span?.attributes["turn.was_interrupted"] === true;
    for (const [place, reply] of turn.replies.entries()) {
      if (reply.text === "") continue;
      const isLast = place === turn.replies.length - 1;
      const delivery = !isLast
        ? ({ content: reply.text, delivery: "full" } as const)
        : this.#readDelivery(reply, turn, next, wasCut);
      const draft = toAgent(reply, turn, place === 0, delivery);
      this.#messages.push(draft);
      if (draft.delivery !== "full" && wasCut && isLast && next !== undefined)
        this.#cutOff.push({ draft, next });
    }
  }

  /**
   * How much of a turn's last reply was heard. The end of a pipeline marks a turn as interrupted too, so
   * that counts only if another turn follows.
   */
  #readDelivery(
    { text }: PipecatReply,
    turn: PipecatTurn,
    next: PipecatTurn | undefined,
    wasCut: boolean,
  ): Pick<DraftAgent, "content" | "delivery" | "generated" | "heard_by"> {
    if (turn.span === undefined || (wasCut && next === undefined))
      return { content: text, delivery: "pending" };
    if (!wasCut || next === undefined) return { content: text, delivery: "full" };
    const heard = this.#heardBefore.get(next);
    if (heard === undefined && next.llms.length === 0)
      return { content: text, delivery: "pending" };
    if (heard === undefined || heard === "" || !text.startsWith(heard))
      return { content: "", delivery: "none", generated: text };
    // All of it was given to the output, which says nothing of what was played.
    if (heard === text) return { content: text, delivery: "pending" };
    return { content: heard, delivery: "partial", generated: text, heard_by: "estimate" };
  }
}

function toUser(stt: ReceivedSpan, words: string, turn: string): DraftUser {
  const { attributes } = stt;
  const endMs = speechEndOf(stt);
  return {
    role: "user",
    content: words.trim(),
    ...present("timestamp", timestampOf(stt.endMs)),
    source: sourceOf(readProvider(attributes), "stt"),
    turn,
    ...present("started_at", endMs === undefined ? undefined : timestampOf(stt.startMs)),
    ...present("ended_at", timestampOf(endMs)),
    trace_id: stt.traceId,
    span_id: stt.spanId,
    ...present("language", textAt(attributes, "language")),
    ...present("model", textAt(attributes, "gen_ai.request.model")),
  };
}

function toAgent(
  { llms, tts, text }: PipecatReply,
  turn: PipecatTurn,
  isFirst: boolean,
  delivery: Pick<DraftAgent, "content" | "delivery" | "generated" | "heard_by">,
): DraftAgent {
  const [synthesis] = tts;
  const attributes = synthesis?.attributes ?? {};
  const moments = readMarks({ llms, tts, text }, turn, isFirst);
  const llm = llms.at(-1);
  return {
    role: "agent",
    ...delivery,
    ...present("timestamp", timestampOf(synthesis?.startMs)),
    source: sourceOf(readProvider(attributes), "tts"),
    turn: turn.id,
    ...present("started_at", timestampOf(moments.playback_start)),
    ...(synthesis !== undefined && { trace_id: synthesis.traceId, span_id: synthesis.spanId }),
    ...present("voice", textAt(attributes, "voice_id")),
    ...present("model", textAt(attributes, "gen_ai.request.model")),
    ...present("llm_model", llm && textAt(llm.attributes, "gen_ai.request.model")),
    ...present("latency", toLatency(moments, PIPECAT, { speechEndBy: "vad" })),
  };
}

/** Pipecat tells of a wait only before the first reply of a turn. */
function readMarks(
  { llms, tts: [tts] }: PipecatReply,
  turn: PipecatTurn,
  isFirst: boolean,
): MarkMoments {
  const llm = llms.at(-1);
  const toolLlm = llms.length > 1 ? llms[0] : undefined;
  const stt = isFirst
    ? findLastBefore(turn.stts, tts === undefined ? 0 : orderOf(tts), orderOf)
    : undefined;
  const speechEndMs = stt && speechEndOf(stt);
  const waitS = turn.span && durationAt(turn.span.attributes, "turn.user_bot_latency_seconds");
  return {
    speech_end: speechEndMs,
    transcript_final: stt?.endMs,
    tool_llm_start: toolLlm?.startMs,
    tool_llm_first_token: toolLlm && firstByteOf(toolLlm),
    llm_start: llm?.startMs,
    llm_first_token: llm && firstByteOf(llm),
    tts_start: tts?.startMs,
    tts_first_byte: tts && firstByteOf(tts),
    playback_start:
      speechEndMs === undefined || waitS === undefined ? undefined : speechEndMs + waitS * 1000,
  };
}

function firstByteOf({ attributes, startMs }: ReceivedSpan): number | undefined {
  const ttfbS = durationAt(attributes, "metrics.ttfb");
  return startMs === undefined || ttfbS === undefined ? undefined : startMs + ttfbS * 1000;
}

/** The provider's name; before 1.0 it had another key. */
function readProvider(attributes: Fields): string | undefined {
  return textAt(attributes, "gen_ai.provider.name") ?? textAt(attributes, "gen_ai.system");
}

const OF_PIPECAT = /^(?:conversation|turn)\./;

/** What the agent's own code gave the conversation with `additional_span_attributes`. */
function readOwnAttributes(attributes: Fields): { [key: string]: JsonValue } {
  const own = Object.fromEntries(
    Object.entries(attributes).filter(
      ([key, value]) =>
        !OF_PIPECAT.test(key) && ["string", "number", "boolean"].includes(typeof value),
    ),
  ) as { [key: string]: JsonValue };
  return Buffer.byteLength(JSON.stringify(own)) > DATA_LIMITS.bytes ? {} : own;
}

function readUsage(spans: readonly ReceivedSpan[]): ModelUsage[] {
  const sums = new UsageSums();
  for (const { name, attributes } of spans) {
    if (name !== "llm" && name !== "stt" && name !== "tts") continue;
    const provider = readProvider(attributes);
    const model = textAt(attributes, "gen_ai.request.model");
    if (provider === undefined || model === undefined) continue;
    const add = sums.of(name, provider, model);
    const count = (key: string): number | undefined => durationAt(attributes, key);
    add("input_tokens", count("gen_ai.usage.input_tokens"));
    add(
      "cached_input_tokens",
      count("gen_ai.usage.cache_read.input_tokens") ??
        count("gen_ai.usage.cache_read_input_tokens"),
    );
    add("output_tokens", count("gen_ai.usage.output_tokens"));
    if (name === "tts") add("characters", count("metrics.character_count"));
    if (name === "stt") add("audio_s", count("metrics.audio_seconds"));
  }
  return sums.list();
}

import type { tts } from "@livekit/agents";
import type { Context } from "@opentelemetry/api";
import type { OpenSpan, Playout, SpeechService, Synthesis } from "../../../otel/index.js";
import type { UnspokenReason, Word } from "../../record/index.js";
import { createSynthesisAudio } from "../audio/synthesis-audio.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { PlannedSpeechSet } from "../conversation/planned-speeches.js";
import type { Turn } from "../conversation/turns.js";
import { isAdapter } from "../instrumentation/adapters.js";
import type { ModelFailure } from "../instrumentation/call-context.js";
import { type VoicedService, SYNTHESIS_KEY, sentenceOf } from "../instrumentation/tts.js";
import type { LlmRequest } from "../latency/llm-requests.js";
import {
  activeSpanContext,
  activeSpanNamed,
  parentOfActiveSpan,
  parentSpanId,
} from "../livekit-facts/active-span.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";
import { toWords } from "../text/transcript-words.js";

/** What a TTS gives, or as much of it as is there without one. */
export type AudioPiece = Pick<tts.SynthesizedAudio, "frame"> & Partial<tts.SynthesizedAudio>;

/** One synthesis, from its first text until it is known what was heard of it. */
export interface LiveSynthesis {
  /** The message's id; undefined while there is no text. */
  readonly id: string | undefined;
  /** The TTS, or the adapter, that it was asked of, if it was one. */
  readonly origin: tts.TTS | undefined;
  readonly source: string;
  readonly turn: Turn | undefined;
  readonly request: LlmRequest | undefined;
  /** When the tools of its turn began that ran at its first text. */
  readonly runningToolsMs: readonly number[];
  readonly firstTextMs: number | undefined;
  readonly firstAudioMs: number | undefined;
  readonly audioS: number;
  /** Of the audio as the provider gave it, in hertz. */
  readonly sampleRate: number | undefined;
  readonly words: readonly Word[];
  /** Where the span of its playout hangs. */
  readonly playoutParent: Context | undefined;
  playout: OpenSpan<Playout> | undefined;
  /** Whether the audio output has got any of it. */
  isCaptured: boolean;
  /** Whether all of its audio has come. */
  isComplete: boolean;
  /** Why the provider failed, if it did and no other one took over. */
  readonly failure: string | undefined;
  /** The speeches that it can belong to. */
  readonly owners: PlannedSpeechSet;
  content(): string;
  /** @param atMs when it came, where that is not now */
  onText(this: void, text: string, atMs?: number): void;
  /** A model behind an adapter speaks. */
  onServed(this: void, model: object, service: VoicedService): void;
  /** A model has failed, which may be none of those that speak. */
  onError(failure: ModelFailure): void;
  /** The provider says that it has given all. */
  onMarkedEnd(): void;
  /** @param wantedMs when it was asked for; what nobody asked for is not late */
  onAudio(this: void, audio: AudioPiece, wantedMs?: number): void;
  /** Ends the span, once. `givenUp` says that nothing of it will be heard. */
  end(givenUp?: UnspokenReason): void;
  /** Forgets a `tentative` one that has not ended: it was none after all. */
  forget(): void;
  isEnded(): boolean;
  isUnspoken(): boolean;
}

export interface SynthesisOptions {
  origin?: tts.TTS;
  /** Who speaks, as far as it is known. */
  describe(): VoicedService;
  owners: PlannedSpeechSet;
  /**
   * The request to the LLM behind a synthesis, by the span id of the agent's turn. Without one (a
   * TTS that speaks sentence by sentence opens each one elsewhere) the latest that may be meant.
   */
  findRequest(turnSpanId: string | undefined): LlmRequest | undefined;
  /** The turn that it answers, once there is a text. */
  findTurn(): Turn;
  /** When the tools began that run now for a turn. */
  findRunningTools(turn: Turn): number[];
  isClosing(): boolean;
  /** Its span is made only when it ends: until then it may turn out to have been none. */
  isTentative?: boolean;
  /** No service is waited for: the audio was there before. */
  isPrerecorded?: boolean;
  /** The model that thought of it speaks as well: its text goes to nobody. */
  isRealtime?: boolean;
}

/** Called where LiveKit opens a synthesis, so that the active span is its `tts_node`. */
export function createSynthesis(
  conversation: ObservedConversation,
  options: SynthesisOptions,
): LiveSynthesis {
  const { spans, clock } = conversation;
  const {
    findTurn,
    findRunningTools,
    origin,
    describe,
    owners,
    findRequest,
    isClosing,
    isTentative,
    isPrerecorded,
    isRealtime,
  } = options;
  let service = describe();
  let server: object | undefined;
  let failure: ModelFailure | undefined;
  const mayChange = origin !== undefined && isAdapter(origin);
  const parent = activeSpanContext();
  const turnSpanId = activeSpanNamed("tts_node") === undefined ? undefined : parentSpanId();
  const words: Word[] = [];
  const sentences: Pick<Word, "text" | "start_s">[] = [];
  let text = "";
  let span: OpenSpan<Synthesis> | undefined;
  let id: string | undefined;
  let turn: Turn | undefined;
  let request: LlmRequest | undefined;
  let runningToolsMs: readonly number[] = [];
  let agent: string | undefined;
  let providerRequestId: string | undefined;
  let firstTextMs: number | undefined;
  let firstAudioMs: number | undefined;
  const sound = createSynthesisAudio();
  let isEnded = false;
  let unspoken: Synthesis["unspoken"];

  function startSpan(known: SpeechService, startMs: number): OpenSpan<Synthesis> {
    return spans.startSynthesis({ ...known, hasNoService: isPrerecorded }, startMs, parent);
  }

  function toSpokenSentences(): Word[] {
    return sentences.map((sentence, index) => ({
      ...sentence,
      end_s: sentences[index + 1]?.start_s ?? roundToMillis(sound.durationS),
    }));
  }

  const synthesis: LiveSynthesis = {
    playoutParent: parentOfActiveSpan() ?? parent,
    playout: undefined,
    isCaptured: false,
    origin,
    get source() {
      return service.source;
    },
    isComplete: false,
    get failure() {
      return failure?.message;
    },
    owners,
    get words() {
      // Of sentences that were asked for one by one, those are known that were spoken.
      return words.length === 0 && failure !== undefined ? toSpokenSentences() : words;
    },
    get id() {
      return id;
    },
    get turn() {
      return turn;
    },
    get request() {
      return request;
    },
    get runningToolsMs() {
      return runningToolsMs;
    },
    get firstTextMs() {
      return isPrerecorded || isRealtime ? undefined : firstTextMs;
    },
    get firstAudioMs() {
      return isPrerecorded ? undefined : firstAudioMs;
    },
    get audioS() {
      return sound.durationS;
    },
    get sampleRate() {
      return sound.sampleRate;
    },
    content: () => text.trim(),
    onText(more, atMs) {
      if (isEnded) return;
      text += more;
      // White space alone is not spoken, and what is not spoken is no message.
      if (id !== undefined || text.trim() === "") return;
      firstTextMs = atMs ?? clock.now();
      id = conversation.nextMessageId();
      turn = findTurn();
      runningToolsMs = findRunningTools(turn);
      request = findRequest(turnSpanId);
      agent = conversation.currentAgent();
      // An adapter may choose another one yet, and an attribute cannot be taken back.
      const known = mayChange ? { source: service.source } : service;
      if (!isTentative) span = startSpan(known, firstTextMs);
    },
    onServed(model, itsService) {
      service = itsService;
      server = model;
      // What another one failed at is made good.
      if (failure?.model !== model) failure = undefined;
    },
    onError(itsFailure) {
      // An adapter goes on asking its other models whether they have recovered.
      if (server === undefined || itsFailure.model === server) failure = itsFailure;
    },
    onMarkedEnd() {
      // A failure that a second try made good was none in the end; but an adapter marks its end
      // also where the model that spoke broke off.
      if (server === undefined && failure?.isFinal !== true) failure = undefined;
    },
    onAudio(audio, wantedMs) {
      const nowMs = clock.now();
      firstAudioMs ??= nowMs;
      const sentence = sentenceOf(audio.frame);
      if (sentence !== undefined)
        sentences.push({ text: sentence, start_s: roundToMillis(sound.durationS) });
      sound.onFrame(audio.frame, nowMs, wantedMs ?? nowMs);
      providerRequestId = audio.segmentId || audio.requestId || providerRequestId;
      words.push(...(toWords(audio.timedTranscripts) ?? []));
      audio.frame.userdata[SYNTHESIS_KEY] = synthesis;
    },
    end(givenUp) {
      if (isEnded) return;
      isEnded = true;
      if (id === undefined || turn === undefined || firstTextMs === undefined) return;
      if (server === undefined && mayChange) service = describe();
      span ??= startSpan(service, firstTextMs);
      if (failure !== undefined && sound.durationS === 0) {
        unspoken = { reason: "failed", error: failure.message };
      } else if (givenUp !== undefined) {
        unspoken = { reason: givenUp };
      } else if (sound.durationS === 0) {
        unspoken = isClosing()
          ? { reason: "closed" }
          : { reason: "failed", error: "no audio came" };
      }
      span.end(
        {
          ...service,
          id,
          turnId: turn.id,
          content: text.trim(),
          timestampMs: firstTextMs,
          agent,
          llmModel: request?.model,
          providerRequestId,
          words: words.length === 0 ? undefined : words,
          durationS: roundToMillis(sound.durationS),
          sound: sound.describe(),
          unspoken,
        },
        clock.now(),
      );
    },
    forget() {
      isEnded = true;
      if (turn !== undefined && turn.firstReply === id) turn.firstReply = undefined;
      id = undefined;
    },
    isEnded: () => isEnded,
    isUnspoken: () => unspoken !== undefined,
  };
  return synthesis;
}

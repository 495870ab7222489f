import type { tts } from "@livekit/agents";
import type { Context } from "@opentelemetry/api";
import type { OpenSpan, Playout, Synthesis } from "../../../otel/index.js";
import type { UnspokenReason } from "../../record/index.js";
import { type SynthesisAudio, createSynthesisAudio } from "../audio/synthesis-audio.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { PlannedSpeechSet } from "../conversation/planned-speeches.js";
import type { Turn } from "../conversation/turns.js";
import type { ModelFailure } from "../instrumentation/call-context.js";
import { type VoicedService, SYNTHESIS_KEY, sentenceOf } from "../instrumentation/tts.js";
import type { SynthesisTimes } from "../latency/tool-rounds.js";
import { activeSpanContext, parentOfActiveSpan } from "../livekit-facts/active-span.js";
import { followServingModel } from "./serving-model.js";
import { createSynthesisSpan } from "./synthesis-span.js";
import { type SynthesisStartOptions, createSynthesisStart } from "./synthesis-start.js";
import { toWords } from "../text/transcript-words.js";

/** What a TTS gives, or as much of it as is there without one. */
export type AudioPiece = Pick<tts.SynthesizedAudio, "frame"> & Partial<tts.SynthesizedAudio>;

/** One synthesis, from its first text until it is known what was heard of it. */
export interface LiveSynthesis {
  /** The message's id; undefined while there is no text. */
  readonly id: string | undefined;
  /** The TTS or adapter that was asked for this synthesis, if any. */
  readonly origin: tts.TTS | undefined;
  readonly source: string;
  readonly turn: Turn | undefined;
  readonly audio: SynthesisAudio;
  /** How much audio has come. */
  readonly audioS: number;
  /** What is in the record of it; undefined before it has ended. */
  readonly written: Synthesis | undefined;
  /** Where the span of its playout hangs. */
  readonly playoutParent: Context | undefined;
  playout: OpenSpan<Playout> | undefined;
  /** Whether the audio output has got any of it. */
  isCaptured: boolean;
  /** Whether all of its audio has come. */
  isComplete: boolean;
  /** Why the provider failed, if it did and no other one took over. */
  readonly failure: string | undefined;
  /** The planned speeches that it can belong to. */
  readonly planned: PlannedSpeechSet;
  /** A realtime model says it with its own voice. */
  readonly isRealtime: boolean;
  /** What a reply's latency needs to know of it. */
  times(): SynthesisTimes;
  /** What a voice says of its text. */
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

export interface SynthesisOptions extends SynthesisStartOptions {
  origin?: tts.TTS;
  /** Who speaks, as far as it is known. */
  describe(): VoicedService;
  /** The planned speeches that it can belong to. */
  planned: PlannedSpeechSet;
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
  const { clock } = conversation;
  const { origin, planned, isTentative, isPrerecorded, isRealtime, isClosing } = options;
  const serving = followServingModel(origin, options.describe);
  const audio = createSynthesisAudio();
  const start = createSynthesisStart(conversation, options);
  const { text } = start;
  const span = createSynthesisSpan(conversation, {
    text,
    audio,
    serving,
    hasNoService: isPrerecorded,
    isClosing,
  });
  let providerRequestId: string | undefined;
  let firstAudioMs: number | undefined;
  let isEnded = false;

  const synthesis: LiveSynthesis = {
    origin,
    planned,
    audio,
    playoutParent: parentOfActiveSpan() ?? activeSpanContext(),
    playout: undefined,
    isCaptured: false,
    isComplete: false,
    isRealtime: isRealtime === true,
    get source() {
      return serving.service.source;
    },
    get failure() {
      return serving.failure?.message;
    },
    get written() {
      return span.written;
    },
    get audioS() {
      return audio.durationS;
    },
    get id() {
      return start.begun?.id;
    },
    get turn() {
      return start.begun?.turn;
    },
    times: () => ({
      id: start.begun?.id,
      request: start.begun?.request,
      runningToolsMs: start.begun?.runningToolsMs ?? [],
      // Nobody waits for a service where the audio was there before, or the LLM speaks itself.
      firstTextMs: isPrerecorded || isRealtime ? undefined : start.begun?.firstTextMs,
      firstAudioMs: isPrerecorded ? undefined : firstAudioMs,
    }),
    content: text.spoken,
    onText(more, atMs) {
      if (isEnded) return;
      const begun = start.onText(more, atMs);
      if (begun !== undefined && !isTentative) span.start(begun);
    },
    onServed: serving.onServed,
    onError: serving.onError,
    onMarkedEnd: serving.onMarkedEnd,
    onAudio(piece, wantedMs) {
      const nowMs = clock.now();
      firstAudioMs ??= nowMs;
      audio.onFrame(piece.frame, nowMs, wantedMs ?? nowMs, {
        sentence: sentenceOf(piece.frame),
        words: toWords(piece.timedTranscripts),
      });
      providerRequestId = piece.segmentId || piece.requestId || providerRequestId;
      piece.frame.userdata[SYNTHESIS_KEY] = synthesis;
    },
    end(givenUp) {
      if (isEnded) return;
      isEnded = true;
      if (start.begun !== undefined) span.end(start.begun, { providerRequestId, givenUp });
    },
    forget() {
      isEnded = true;
      start.forget();
    },
    isEnded: () => isEnded,
    isUnspoken: () => span.written?.unspoken !== undefined,
  };
  return synthesis;
}

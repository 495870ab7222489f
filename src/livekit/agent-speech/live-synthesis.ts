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

/** What a TTS gives. Without a TTS only the frame is there. */
export type AudioPiece = Pick<tts.SynthesizedAudio, "frame"> & Partial<tts.SynthesizedAudio>;

/** One synthesis, from its first text until we know what was heard of it. */
export interface LiveSynthesis {
  /** The message's id; undefined until there is a text. */
  readonly id: string | undefined;
  /** The TTS or adapter that was asked for this synthesis, if any. */
  readonly origin: tts.TTS | undefined;
  readonly source: string;
  readonly turn: Turn | undefined;
  readonly audio: SynthesisAudio;
  /** Seconds of audio that have come. */
  readonly audioS: number;
  /** What its span says; undefined until it has ended. */
  readonly written: Synthesis | undefined;
  /** The parent of its playout's span. */
  readonly playoutParent: Context | undefined;
  playout: OpenSpan<Playout> | undefined;
  /** Whether the audio output has received any of it. */
  isCaptured: boolean;
  /** Whether all of its audio has come. */
  isComplete: boolean;
  /** Why the provider failed; undefined if it did not, or if another provider took over. */
  readonly failure: string | undefined;
  /** The planned speeches that it can belong to. */
  readonly planned: PlannedSpeechSet;
  /** A realtime model speaks it itself. */
  readonly isRealtime: boolean;
  /** The times that a reply's latency is computed from. */
  times(): SynthesisTimes;
  /** The text without markup, as a voice says it. */
  content(): string;
  /** @param atMs when the text came, if not now */
  onText(this: void, text: string, atMs?: number): void;
  /** A model behind an adapter gives audio. */
  onServed(this: void, model: object, service: VoicedService): void;
  /** A model has failed. It may be another model than the one that speaks. */
  onError(failure: ModelFailure): void;
  /** The provider marked the end of its audio. */
  onMarkedEnd(): void;
  /** @param wantedMs when LiveKit asked for the audio; audio is not late before that */
  onAudio(this: void, audio: AudioPiece, wantedMs?: number): void;
  /** Ends the span, once. `givenUp` says that none of it will be heard. */
  end(givenUp?: UnspokenReason): void;
  /** Drops a `tentative` synthesis that has not ended, because it was none after all. */
  forget(): void;
  isEnded(): boolean;
  isUnspoken(): boolean;
}

export interface SynthesisOptions extends SynthesisStartOptions {
  origin?: tts.TTS;
  /** The service that speaks, as far as it is known. */
  describe(): VoicedService;
  /** The planned speeches that it can belong to. */
  planned: PlannedSpeechSet;
  isClosing(): boolean;
  /** The span is made only at the end, because until then it may turn out to be no synthesis. */
  isTentative?: boolean;
  /** No service is waited for, because the audio existed before. */
  isPrerecorded?: boolean;
  /** The model that generated the text also speaks it, so the text goes to no TTS. */
  isRealtime?: boolean;
}

/** Called when LiveKit opens a synthesis, so that the active span is its `tts_node`. */
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
      // Nobody waits for a TTS if the audio existed before, or if the LLM speaks itself.
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
      if (start.begun === undefined) return;
      span.end(start.begun, { providerRequestId, givenUp, isComplete: synthesis.isComplete });
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

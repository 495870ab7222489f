import type { ConversationSpans, OpenSpan, Synthesis } from "../../../otel/index.js";
import type { UnspokenReason } from "../../record/index.js";
import type { SynthesisAudio } from "../audio/synthesis-audio.js";
import type { VoicedService } from "../instrumentation/tts.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import type { Clock } from "../livekit-facts/clock.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";
import { findSpokenWords } from "../text/spoken-words.js";
import type { BegunSynthesis } from "./synthesis-start.js";
import type { SynthesisText } from "./synthesis-text.js";

/** The span of one synthesis. */
export interface SynthesisSpan {
  /** Starts the span. If it is never called, `end` starts the span. */
  start(begun: BegunSynthesis): void;
  /** Writes all facts and ends the span. `givenUp` says that none of it will be heard. */
  end(begun: BegunSynthesis, end: SynthesisSpanEnd): void;
  /** What the span says; undefined until it has ended. */
  readonly written: Synthesis | undefined;
}

export interface SynthesisSpanEnd {
  providerRequestId: string | undefined;
  givenUp: UnspokenReason | undefined;
  /** Whether all of its audio has come. */
  isComplete: boolean;
}

/** What a span says of the model that speaks (see `ServingModel`). */
export interface SpeakingModel {
  /** The failure, unless later audio made good for it. */
  readonly failure: { message: string } | undefined;
  /** What the span may say of the service at its start, because attributes cannot be removed later. */
  describeAtStart(): VoicedService;
  /** The service at the end of the synthesis. */
  describeAtEnd(): VoicedService;
}

export interface SynthesisSpanOptions {
  text: SynthesisText;
  audio: SynthesisAudio;
  serving: SpeakingModel;
  /** No service is waited for, because the audio existed before. */
  hasNoService: boolean | undefined;
  isClosing(): boolean;
}

/** Called when LiveKit opens a synthesis, because the span becomes a child of the active span. */
export function createSynthesisSpan(
  { spans, clock }: { spans: ConversationSpans; clock: Clock },
  { text, audio, serving, hasNoService, isClosing }: SynthesisSpanOptions,
): SynthesisSpan {
  const parent = activeSpanContext();
  let span: OpenSpan<Synthesis> | undefined;
  let written: Synthesis | undefined;

  return {
    start({ firstTextMs }) {
      const service = serving.describeAtStart();
      span = spans.startSynthesis({ ...service, hasNoService }, firstTextMs, parent);
    },
    end(begun, { providerRequestId, givenUp, isComplete }) {
      const service = serving.describeAtEnd();
      span ??= spans.startSynthesis({ ...service, hasNoService }, begun.firstTextMs, parent);
      const words = findSpokenWords(audio.words, { audioS: audio.durationS, isComplete });
      written = {
        ...service,
        voice: service.voice,
        id: begun.id,
        turnId: begun.turn.id,
        content: text.spoken(),
        ttsText: text.withMarkup(),
        timestampMs: begun.firstTextMs,
        agent: begun.agent,
        llmModel: begun.request?.model,
        providerRequestId,
        audioWords: words.length === 0 ? undefined : words,
        durationS: roundToMillis(audio.durationS),
        sound: audio.describe(),
        unspoken: findWhyUnspoken(audio, serving, givenUp, isClosing),
      };
      span.end(written, clock.now());
    },
    get written() {
      return written;
    },
  };
}

/** Why nothing of a synthesis reaches the caller; undefined if something may reach them. */
function findWhyUnspoken(
  { durationS }: SynthesisAudio,
  { failure }: SpeakingModel,
  givenUp: UnspokenReason | undefined,
  isClosing: () => boolean,
): Synthesis["unspoken"] {
  if (failure !== undefined && durationS === 0) return { reason: "failed", error: failure.message };
  if (givenUp !== undefined) return { reason: givenUp };
  if (durationS > 0) return undefined;
  return isClosing() ? { reason: "closed" } : { reason: "failed", error: "no audio came" };
}

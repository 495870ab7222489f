import type { ConversationSpans, OpenSpan, SpeechService, Synthesis } from "../../../otel/index.js";
import type { UnspokenReason } from "../../record/index.js";
import type { SynthesisAudio } from "../audio/synthesis-audio.js";
import { activeSpanContext } from "../livekit-facts/active-span.js";
import type { Clock } from "../livekit-facts/clock.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";
import type { BegunSynthesis } from "./synthesis-start.js";
import type { SynthesisText } from "./synthesis-text.js";

/** The span of one synthesis. */
export interface SynthesisSpan {
  /** Starts the span; without this call it is started when it ends. */
  start(begun: BegunSynthesis): void;
  /** Writes all that is known and ends the span. `givenUp` says that nothing of it will be heard. */
  end(begun: BegunSynthesis, end: SynthesisSpanEnd): void;
  /** What the span says; undefined before it has ended. */
  readonly written: Synthesis | undefined;
}

export interface SynthesisSpanEnd {
  providerRequestId: string | undefined;
  givenUp: UnspokenReason | undefined;
}

/** What a span says of the model that speaks (`ServingModel`). */
export interface SpeakingModel {
  /** The failure that no later audio made good. */
  readonly failure: { message: string } | undefined;
  /** What a span may say of the service at its start: attributes cannot be taken back. */
  describeAtStart(): SpeechService;
  /** The service at the end of the synthesis. */
  describeAtEnd(): SpeechService;
}

export interface SynthesisSpanOptions {
  text: SynthesisText;
  audio: SynthesisAudio;
  serving: SpeakingModel;
  /** No service is waited for: the audio was there before. */
  hasNoService: boolean | undefined;
  isClosing(): boolean;
}

/** Called where LiveKit opens a synthesis: the span hangs below the active span. */
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
    end(begun, { providerRequestId, givenUp }) {
      const service = serving.describeAtEnd();
      span ??= spans.startSynthesis({ ...service, hasNoService }, begun.firstTextMs, parent);
      written = {
        ...service,
        id: begun.id,
        turnId: begun.turn.id,
        content: text.spoken(),
        ttsText: text.withMarkup(),
        timestampMs: begun.firstTextMs,
        agent: begun.agent,
        llmModel: begun.request?.model,
        providerRequestId,
        words: audio.words.length === 0 ? undefined : [...audio.words],
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

/** Why nothing of a synthesis reaches the caller; undefined where something may. */
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

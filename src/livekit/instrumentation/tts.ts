import type { AudioFrame } from "@livekit/rtc-node";
import { tts } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import {
  failedModel,
  followModelsBehind,
  isAdapter,
  modelsWithin,
  servedBy,
  worksForAdapter,
} from "./adapters.js";
import type { Clock } from "../livekit-facts/clock.js";
import { valueAt } from "../livekit-facts/private-property.js";
import { type ModelCall, type ModelFailure, currentContext } from "./call-context.js";
import type { Guard, Guarded } from "./guard.js";
import { type HookPoint, createHookPoint } from "./hook-point.js";
import { describeService } from "./service-names.js";
import { wrapMethod } from "./wrap-method.js";

/** One call of a TTS: follows the text in and the audio out. */
export interface SynthesisListener {
  onText(text: string): void;
  /** A model that an adapter chose gives the audio; again where another one takes over. */
  onServed(model: object, service: VoicedService): void;
  /** `wantedMs` is when it was asked for, on the listener's clock. */
  onAudio(audio: tts.SynthesizedAudio, wantedMs: number): void;
  onError(failure: ModelFailure): void;
  /** No more audio will come. `isMarked` says that the provider marked the end as one. */
  onEnd(isMarked: boolean): void;
  /** The caller wants no more of it. Comes after `onEnd` as well. */
  onClose(): void;
}

export type VoicedService = SpeechService & { voice?: string | undefined };

export interface TextToSpeechListener {
  guard: Guard;
  clock: Clock;
  /** `service` gives who speaks, as far as it is known. */
  onSynthesis(instance: tts.TTS, service: () => VoicedService): SynthesisListener;
}

/** The key on `frame.userdata` that says which synthesis a frame belongs to. */
export const SYNTHESIS_KEY = "talktrace.synthesis";

/** The key by which LiveKit's `StreamAdapter` says which sentence begins with a frame. */
const SENTENCE_KEY = "lk.timed_transcripts";

/** The sentence that begins with a frame, where a TTS speaks one after the other. */
export function sentenceOf(frame: AudioFrame): string | undefined {
  const [sentence] = (frame.userdata[SENTENCE_KEY] ?? []) as readonly { text?: string }[];
  return sentence?.text;
}

const DOING = {
  onSynthesis: "began a synthesis",
  onText: "noted a text to speak",
  onServed: "saw who speaks",
  onAudio: "noted audio",
  onError: "saw a synthesis fail",
  onEnd: "ended a synthesis",
  onClose: "closed a synthesis",
};

/** Listens to what a TTS is given and what it gives: streams, and `synthesize()`. */
export const textToSpeechHooks: HookPoint<tts.TTS, TextToSpeechListener> = createHookPoint(
  DOING,
  (instance: tts.TTS, pickListener, guard, onLeft) => {
    function begin(connOptions: unknown, use: "stream" | "single"): FollowedSynthesis | undefined {
      const listener = pickListener(connOptions, use);
      const synthesis = listener?.onSynthesis(instance, () => describeVoice(instance));
      return listener === undefined || synthesis === undefined
        ? undefined
        : { ...synthesis, guard: listener.guard, now: listener.clock.now };
    }

    function toCall(synthesis: FollowedSynthesis | undefined): ModelCall {
      if (synthesis === undefined) return { model: instance, guard: undefined };
      return { model: instance, guard: synthesis.guard, onError: synthesis.onError };
    }

    if (isAdapter(instance)) onLeft(followModelsBehind(instance, ["stream", "synthesize"], guard));

    const endStream = wrapMethod(instance, "stream", guard, "saw a stream open", (...args) => {
      if (worksForAdapter(instance)) return undefined;
      const synthesis = begin(args[0]?.connOptions, "stream");
      return {
        context: { modelCall: toCall(synthesis) },
        onResult(opened) {
          if (synthesis !== undefined) followStream(opened, synthesis);
        },
      };
    });

    onLeft(endStream);

    const endSynthesize = wrapMethod(
      instance,
      "synthesize",
      guard,
      "saw a text to synthesise",
      (text, ...rest) => {
        if (worksForAdapter(instance)) return undefined;
        const synthesis = begin(rest[0], "single");
        return {
          context: { modelCall: toCall(synthesis) },
          onResult(opened) {
            if (synthesis === undefined) return;
            synthesis.onText(text);
            followChunks(opened, synthesis);
            // An adapter that is interrupted leaves the sentences it has asked for as they are.
            rest[1]?.addEventListener("abort", () => synthesis.onClose(), { once: true });
          },
        };
      },
    );

    onLeft(endSynthesize);

    // A listener would keep Node from complaining of an error that nobody else listens for.
    const endEmit = wrapMethod(instance, "emit", guard, DOING.onError, (name, event) => {
      if (name === "error") tellError(instance, event as Failed);
    });
    onLeft(endEmit);
    for (const each of [instance, ...modelsWithin(instance)]) onLeft(followVoice(each, guard));
  },
);

type Failed = Parameters<tts.TTSCallbacks["error"]>[0];

/** LiveKit opens the sentences of a reply side by side: one that fails is not all of them. */
function tellError(instance: tts.TTS, event: Failed): void {
  const { modelCall } = currentContext();
  if (modelCall?.model !== instance) return;
  modelCall.onError?.({
    message: event.error.message,
    model: failedModel(event),
    isFinal: !event.recoverable && modelsWithin(instance).length === 0,
  });
}

/** The listener to a synthesis, with the guard and the clock of its recording. */
interface FollowedSynthesis extends Guarded<SynthesisListener> {
  guard: Guard;
  now(): number;
}

function followStream(stream: tts.SynthesizeStream, synthesis: FollowedSynthesis): void {
  wrapMethod(stream, "pushText", synthesis.guard, DOING.onText, (text) => {
    synthesis.onText(text);
  });
  wrapMethod(stream, "next", synthesis.guard, DOING.onAudio, () => {
    const wantedMs = synthesis.now();
    return {
      onResult({ done, value }) {
        if (done === true || isEndOfStream(value)) synthesis.onEnd(done !== true);
        else tellAudio(value, wantedMs, synthesis);
      },
    };
  });
  followClose(stream, synthesis);
}

/** LiveKit's mark that a provider has given all; it is a symbol of the package's own. */
function isEndOfStream(value: unknown): value is typeof tts.SynthesizeStream.END_OF_STREAM {
  return typeof value === "symbol";
}

function followChunks(stream: tts.ChunkedStream, synthesis: FollowedSynthesis): void {
  wrapMethod(stream, "next", synthesis.guard, DOING.onAudio, () => {
    const wantedMs = synthesis.now();
    return {
      onResult({ done, value }) {
        if (done === true) synthesis.onEnd(false);
        else tellAudio(value, wantedMs, synthesis);
      },
    };
  });
  followClose(stream, synthesis);
}

function tellAudio(
  audio: tts.SynthesizedAudio,
  wantedMs: number,
  synthesis: FollowedSynthesis,
): void {
  const model = servedBy(audio);
  if (model !== undefined) synthesis.onServed(model, describeVoice(model));
  synthesis.onAudio(audio, wantedMs);
}

function followClose(stream: { close(): void }, synthesis: FollowedSynthesis): void {
  wrapMethod(stream, "close", synthesis.guard, DOING.onClose, () => {
    synthesis.onClose();
  });
}

/** The synthesis that a frame was marked with, if it was. */
export function synthesisOf(frame: AudioFrame): unknown {
  return frame.userdata[SYNTHESIS_KEY];
}

function describeVoice(model: object): VoicedService {
  return { ...describeService(model, "tts"), voice: voiceOf(model) };
}

/**
 * LiveKit has no common way to ask for a voice, and most plugins keep theirs private. It is known
 * where a plugin has it as a property, and after a change by `updateOptions({ voice })`.
 */
function voiceOf(instance: object): string | undefined {
  const voice: unknown = changedVoices.get(instance) ?? valueAt(instance, "voice");
  return typeof voice === "string" ? voice : undefined;
}

const changedVoices = new WeakMap<object, unknown>();

function followVoice(instance: object, guard: Guard): () => void {
  const model = instance as { updateOptions(options: unknown): unknown };
  const unwrap = wrapMethod(model, "updateOptions", guard, "saw a voice changed", (options) => {
    if (typeof options === "object" && options !== null && "voice" in options)
      changedVoices.set(instance, options.voice);
  });
  return () => {
    unwrap();
    // It may be given another voice while nobody listens, so what it had is no longer known.
    changedVoices.delete(instance);
  };
}

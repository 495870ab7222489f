import type { AudioFrame } from "@livekit/rtc-node";
import { tts } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import { messageOf } from "../../platform/message-of.js";
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

/** One call of a TTS: the text that goes in and the audio that comes out. */
export interface SynthesisListener {
  onText(text: string): void;
  /** A model that an adapter chose gives the audio. Called again if another model takes over. */
  onServed(model: object, service: VoicedService): void;
  /** `wantedMs` is when LiveKit asked for the audio, on the listener's clock. */
  onAudio(audio: tts.SynthesizedAudio, wantedMs: number): void;
  onError(failure: ModelFailure): void;
  /** No more audio will come. `isMarked` tells that the provider marked the end of its audio. */
  onEnd(isMarked: boolean): void;
  /** The reader wants no more audio. It may also come after `onEnd`. */
  onClose(): void;
}

export type VoicedService = SpeechService & { voice?: string | undefined };

export interface TextToSpeechListener {
  guard: Guard;
  clock: Clock;
  /** `service` describes who speaks, as far as it is known. */
  onSynthesis(instance: tts.TTS, service: () => VoicedService): SynthesisListener;
}

/** The key on `frame.userdata` that holds the synthesis of a frame. */
export const SYNTHESIS_KEY = "talktrace.synthesis";

/** The key on `frame.userdata` in which LiveKit's `StreamAdapter` puts the sentence that begins there. */
const SENTENCE_KEY = "lk.timed_transcripts";

/** The sentence that begins with a frame, if a TTS speaks sentence by sentence. */
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

/** Listens to what a TTS gets and gives: by streams, and by `synthesize()`. */
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
            // When an adapter is interrupted, it does not close the sentences that it has asked for.
            rest[1]?.addEventListener("abort", () => synthesis.onClose(), { once: true });
          },
        };
      },
    );

    onLeft(endSynthesize);

    // Node throws an `error` event that nobody listens to, and a listener of ours would hide it.
    const endEmit = wrapMethod(instance, "emit", guard, DOING.onError, (name, event) => {
      if (name === "error") tellError(instance, event as Failed);
    });
    onLeft(endEmit);
    for (const each of [instance, ...modelsWithin(instance)]) onLeft(followVoice(each, guard));
  },
);

type Failed = Parameters<tts.TTSCallbacks["error"]>[0];

/** LiveKit opens the sentences of a reply side by side, so a failure is told only to its own call. */
function tellError(instance: tts.TTS, event: Failed): void {
  const { modelCall } = currentContext();
  if (modelCall?.model !== instance) return;
  modelCall.onError?.({
    message: messageOf(event.error),
    model: failedModel(event),
    isFinal: !event.recoverable && modelsWithin(instance).length === 0,
  });
}

/** The listener of one synthesis, with the guard and the clock of its recording. */
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

/** LiveKit's mark for the end of a provider's audio is a private symbol of its package. */
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

/** The synthesis that a frame was marked with, if any. */
export function synthesisOf(frame: AudioFrame): unknown {
  return frame.userdata[SYNTHESIS_KEY];
}

function describeVoice(model: object): VoicedService {
  return { ...describeService(model, "tts"), voice: voiceOf(model) };
}

/**
 * LiveKit has no common way to ask for a voice, and most plugins keep theirs private. The voice is
 * known if the plugin has a property `voice`, or after `updateOptions({ voice })`.
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
    // The voice may change while nobody listens, so the one we know may be wrong later.
    changedVoices.delete(instance);
  };
}

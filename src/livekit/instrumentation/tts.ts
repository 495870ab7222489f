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
import type { Guard } from "./guard.js";
import { type HookPoint, type PickListener, createHookPoint } from "./hook-point.js";
import {
  type ModelCall,
  type ModelFailure,
  currentModelCall,
  runModelCall,
} from "./call-context.js";
import { describeService } from "./service-names.js";

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

/** Listens to what a TTS is given and what it gives: streams, and `synthesize()`. */
export const textToSpeechHooks: HookPoint<tts.TTS, TextToSpeechListener> = createHookPoint(
  (instance: tts.TTS, pickListener: PickListener<TextToSpeechListener>) => {
    function begin(connOptions: unknown, use: "stream" | "single"): GuardedSynthesis | undefined {
      const listener = pickListener(connOptions, use);
      if (listener === undefined) return undefined;
      let synthesis: SynthesisListener | undefined;
      listener.guard.run("began a synthesis", () => {
        synthesis = listener.onSynthesis(instance, () => describeVoice(instance));
      });
      return synthesis === undefined ? undefined : guardSynthesis(listener, synthesis);
    }

    function toCall(synthesis: GuardedSynthesis | undefined): ModelCall {
      if (synthesis === undefined) return { model: instance, guard: undefined };
      return { model: instance, guard: synthesis.guard, onError: synthesis.onError };
    }

    if (isAdapter(instance)) followModelsBehind(instance, ["stream", "synthesize"]);

    const stream = instance.stream.bind(instance);
    instance.stream = (...args) => {
      if (worksForAdapter(instance)) return stream(...args);
      const synthesis = begin(args[0]?.connOptions, "stream");
      const opened = runModelCall(toCall(synthesis), () => stream(...args));
      if (synthesis !== undefined) followStream(opened, synthesis);
      return opened;
    };

    const synthesize = instance.synthesize.bind(instance);
    instance.synthesize = (text, ...rest) => {
      if (worksForAdapter(instance)) return synthesize(text, ...rest);
      const synthesis = begin(rest[0], "single");
      const opened = runModelCall(toCall(synthesis), () => synthesize(text, ...rest));
      synthesis?.onText(text);
      if (synthesis !== undefined) {
        followChunks(opened, synthesis);
        // An adapter that is interrupted leaves the sentences it has asked for as they are.
        rest[1]?.addEventListener("abort", () => synthesis.onClose(), { once: true });
      }
      return opened;
    };

    // A listener would keep Node from complaining of an error that nobody listens for, also when
    // no session has the model any more.
    const emit = instance.emit.bind(instance);
    instance.emit = (name, ...args) => {
      if (name === "error") tellError(instance, args[0] as Failed);
      return emit(name, ...args);
    };
    for (const each of [instance, ...modelsWithin(instance)]) followVoice(each);
  },
);

type Failed = Parameters<tts.TTSCallbacks["error"]>[0];

/** LiveKit opens the sentences of a reply side by side: one that fails is not all of them. */
function tellError(instance: tts.TTS, event: Failed): void {
  const call = currentModelCall();
  if (call?.model !== instance) return;
  call.guard?.run("saw a synthesis fail", () =>
    call.onError?.({
      message: event.error.message,
      model: failedModel(event),
      isFinal: !event.recoverable && modelsWithin(instance).length === 0,
    }),
  );
}

/** A listener that cannot fail, with the clock that it goes by. */
interface GuardedSynthesis extends SynthesisListener {
  guard: Guard;
  now(): number;
}

function guardSynthesis(
  { guard, clock }: TextToSpeechListener,
  synthesis: SynthesisListener,
): GuardedSynthesis {
  return {
    guard,
    now: clock.now,
    onText: (text) => guard.run("noted a text to speak", () => synthesis.onText(text)),
    onServed: (model, service) =>
      guard.run("saw who speaks", () => synthesis.onServed(model, service)),
    onAudio: (audio, wantedMs) =>
      guard.run("noted audio", () => synthesis.onAudio(audio, wantedMs)),
    onError: (failure) => guard.run("saw a synthesis fail", () => synthesis.onError(failure)),
    onEnd: (isMarked) => guard.run("ended a synthesis", () => synthesis.onEnd(isMarked)),
    onClose: () => guard.run("closed a synthesis", () => synthesis.onClose()),
  };
}

function followStream(stream: tts.SynthesizeStream, synthesis: GuardedSynthesis): void {
  const pushText = stream.pushText.bind(stream);
  stream.pushText = (text) => {
    synthesis.onText(text);
    pushText(text);
  };
  const next = stream.next.bind(stream);
  stream.next = async () => {
    const wantedMs = synthesis.now();
    const result = await next();
    if (result.done === true || result.value === tts.SynthesizeStream.END_OF_STREAM) {
      synthesis.onEnd(result.done !== true);
    } else {
      tellAudio(result.value, wantedMs, synthesis);
    }
    return result;
  };
  followClose(stream, synthesis);
}

function followChunks(stream: tts.ChunkedStream, synthesis: GuardedSynthesis): void {
  const next = stream.next.bind(stream);
  stream.next = async () => {
    const wantedMs = synthesis.now();
    const result = await next();
    if (result.done === true) synthesis.onEnd(false);
    else tellAudio(result.value, wantedMs, synthesis);
    return result;
  };
  followClose(stream, synthesis);
}

function tellAudio(
  audio: tts.SynthesizedAudio,
  wantedMs: number,
  synthesis: SynthesisListener,
): void {
  const model = servedBy(audio);
  if (model !== undefined) synthesis.onServed(model, describeVoice(model));
  synthesis.onAudio(audio, wantedMs);
}

function followClose(stream: { close(): void }, synthesis: SynthesisListener): void {
  const close = stream.close.bind(stream);
  stream.close = () => {
    synthesis.onClose();
    close();
  };
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
  const voice: unknown = changedVoices.get(instance) ?? Reflect.get(instance, "voice");
  return typeof voice === "string" ? voice : undefined;
}

const changedVoices = new WeakMap<object, unknown>();

function followVoice(instance: object): void {
  const update: unknown = Reflect.get(instance, "updateOptions");
  if (typeof update !== "function") return;
  Reflect.set(instance, "updateOptions", (...args: unknown[]) => {
    const [options] = args;
    if (typeof options === "object" && options !== null && "voice" in options) {
      changedVoices.set(instance, options.voice);
    }
    return Reflect.apply(update, instance, args) as unknown;
  });
}

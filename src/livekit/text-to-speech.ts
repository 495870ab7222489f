import type { AudioFrame } from "@livekit/rtc-node";
import { AsyncLocalStorage } from "node:async_hooks";
import { tts } from "@livekit/agents";
import type { SpeechService } from "../../otel/index.js";
import {
  failedModel,
  followModelsBehind,
  isAdapter,
  modelsWithin,
  servedBy,
  worksFor,
} from "./adapters.js";
import type { Clock } from "./clock.js";
import type { Guard } from "./guard.js";
import { type HookPoint, type PickListener, createHookPoint } from "./hook-point.js";
import { describeService } from "./speech-source.js";

/** One call of a TTS: follows the text in and the audio out. */
export interface SynthesisListener {
  onText(text: string): void;
  /** A model that an adapter chose gives the audio; again where another one takes over. */
  onServed(model: object, service: VoicedService): void;
  /** `wantedMs` is when it was asked for, on the listener's clock. */
  onAudio(audio: tts.SynthesizedAudio, wantedMs: number): void;
  onError(failure: SynthesisFailure): void;
  /** No more audio will come. `isMarked` says that the provider marked the end as one. */
  onEnd(isMarked: boolean): void;
  /** The caller wants no more of it. Comes after `onEnd` as well. */
  onClose(): void;
}

export type VoicedService = SpeechService & { voice?: string | undefined };

export interface SynthesisFailure {
  message: string;
  /** The one that failed, where that is one behind an adapter. */
  model: object | undefined;
}

export interface TextToSpeechListener {
  guard: Guard;
  clock: Clock;
  /** `service` gives who speaks, as far as it is known. */
  onSynthesis(instance: tts.TTS, service: () => VoicedService): SynthesisListener;
  /** A failure that is not known to be of one synthesis: of a model behind an adapter, as a rule. */
  onError(instance: tts.TTS, failure: SynthesisFailure): void;
}

/** The adapter whose work is being done: what its models are asked for is part of it. */
const working = new AsyncLocalStorage<tts.TTS>();

/** The key on `frame.userdata` that says which synthesis a frame belongs to. */
export const SYNTHESIS_KEY = "talktrace.synthesis";

/** Listens to what a TTS is given and what it gives: streams, and `synthesize()`. */
export const textToSpeechHooks: HookPoint<tts.TTS, TextToSpeechListener> = createHookPoint(
  (instance: tts.TTS, pickListener: PickListener<TextToSpeechListener>) => {
    function begin(connOptions: unknown, use: "stream" | "single"): GuardedSynthesis | undefined {
      const listener = pickListener(connOptions, use);
      const adapter = working.getStore();
      if (listener === undefined || (adapter !== undefined && worksFor(instance, adapter)))
        return undefined;
      let synthesis: SynthesisListener | undefined;
      listener.guard.run("began a synthesis", () => {
        synthesis = listener.onSynthesis(instance, () => describeVoice(instance));
      });
      return synthesis === undefined ? undefined : guardSynthesis(listener, synthesis);
    }

    /** The synthesis whose stream tells of its failure now, which LiveKit does by the TTS. */
    let failing: GuardedSynthesis | undefined;
    let tellsFailures = true;
    function followFailures(opened: object, synthesis: GuardedSynthesis): void {
      const emitError: unknown = Reflect.get(opened, "emitError");
      if (typeof emitError !== "function") {
        tellsFailures = false;
        return;
      }
      Reflect.set(opened, "emitError", (...args: unknown[]): unknown => {
        const outer = failing;
        failing = synthesis;
        try {
          return Reflect.apply(emitError, opened, args);
        } finally {
          failing = outer;
        }
      });
    }

    const stands = isAdapter(instance);
    if (stands) followModelsBehind(instance, ["stream", "synthesize"]);
    const runAdapter = <T>(work: () => T): T => (stands ? working.run(instance, work) : work());

    const stream = instance.stream.bind(instance);
    instance.stream = (...args) => {
      const synthesis = begin(args[0]?.connOptions, "stream");
      const opened = runAdapter(() => stream(...args));
      if (synthesis !== undefined) {
        followStream(opened, synthesis);
        followFailures(opened, synthesis);
      }
      return opened;
    };

    const synthesize = instance.synthesize.bind(instance);
    instance.synthesize = (text, ...rest) => {
      const synthesis = begin(rest[0], "single");
      const opened = runAdapter(() => synthesize(text, ...rest));
      synthesis?.onText(text);
      if (synthesis !== undefined) {
        followChunks(opened, synthesis);
        followFailures(opened, synthesis);
        // An adapter that is interrupted leaves the sentences it has asked for as they are.
        rest[1]?.addEventListener("abort", () => synthesis.onClose(), { once: true });
      }
      return opened;
    };

    instance.on("error", (event) => {
      const failure = { message: event.error.message, model: failedModel(event) };
      if (failing !== undefined) return failing.onError(failure);
      // LiveKit opens the sentences of a reply side by side: one that fails is not all of them.
      if (!stands && tellsFailures) return;
      const listener = pickListener();
      listener?.guard.run("saw a synthesis fail", () => listener.onError(instance, failure));
    });
    for (const each of [instance, ...modelsWithin(instance)]) followVoice(each);
  },
);

/** A listener that cannot fail, with the clock that it goes by. */
interface GuardedSynthesis extends SynthesisListener {
  now(): number;
}

function guardSynthesis(
  { guard, clock }: TextToSpeechListener,
  synthesis: SynthesisListener,
): GuardedSynthesis {
  return {
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

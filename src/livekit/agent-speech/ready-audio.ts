import type { ReadableStream } from "node:stream/web";
import type { AudioFrame } from "@livekit/rtc-node";
import type { Guard } from "../instrumentation/guard.js";
import type { LiveSynthesis } from "./live-synthesis.js";
import { isStream, tapStream } from "../instrumentation/tap-stream.js";
import { followVoicedText } from "./audio-without-tts.js";

/** What `say()` is given: the words, and the sound of them. */
export interface ReadySpeech {
  text: string | ReadableStream<string>;
  audio: ReadableStream<AudioFrame>;
}

export interface ReadyAudioOptions {
  guard: Guard;
  begin(): LiveSynthesis;
  end(synthesis: LiveSynthesis): void;
}

/**
 * Follows speech whose sound was ready before: its words are the text that was given with it. Sound
 * without words is no speech. It begins when its turn has come, not when it was given.
 */
export function followReadyAudio(
  speech: ReadySpeech,
  { guard, begin, end }: ReadyAudioOptions,
): ReadySpeech {
  const { text, audio } = speech;
  if (!isStream(audio)) return speech;
  const voiced = followVoicedText(begin, end);
  if (typeof text === "string") voiced.onText(text);
  return {
    text:
      typeof text === "string" || !isStream(text)
        ? text
        : tapStream(text, guard, { onChunk: voiced.onText }),
    audio: tapStream(audio, guard, { onChunk: voiced.onAudio, onEnd: voiced.onEnd }),
  };
}

import type { ReadableStream } from "node:stream/web";
import type { AudioFrame } from "@livekit/rtc-node";
import type { Guard } from "./guard.js";
import type { LiveSynthesis } from "./live-synthesis.js";
import { isStream, tapStream } from "./tapped-stream.js";

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
  let words = typeof text === "string" ? text : "";
  let synthesis: LiveSynthesis | undefined;
  if (!isStream(audio)) return speech;
  return {
    text:
      typeof text === "string" || !isStream(text)
        ? text
        : tapStream(text, {
            onChunk: (more) =>
              guard.run("noted a text to speak", () => {
                words += more;
                synthesis?.onText(more);
              }),
          }),
    audio: tapStream(audio, {
      onChunk: (frame) =>
        guard.run("noted audio", () => {
          if (synthesis === undefined) {
            synthesis = begin();
            synthesis.onText(words);
          }
          synthesis.onAudio({ frame });
        }),
      onEnd: () =>
        guard.run("ended a synthesis", () => {
          if (synthesis !== undefined) end(synthesis);
        }),
    }),
  };
}

import type { ReadableStream } from "node:stream/web";
import type { AudioFrame } from "@livekit/rtc-node";
import type { Guard } from "../instrumentation/guard.js";
import type { RealtimeAnswer } from "../instrumentation/realtime.js";
import { isStream, tapStream } from "../instrumentation/tap-stream.js";
import type { LiveSynthesis } from "./live-synthesis.js";

/**
 * Speech that no TTS makes: its text and its audio come side by side. `say()` may be given both, and
 * a realtime model gives both.
 */
export interface AudioWithText {
  onText(text: string): void;
  onAudio(frame: AudioFrame): void;
  /** Neither will come any more. */
  onEnd(): void;
}

export interface AudioWithoutTtsOptions {
  begin(): LiveSynthesis;
  end(synthesis: LiveSynthesis): void;
}

/** A synthesis begins with the first audio; text that came before is the beginning of its text. */
function followAudioWithText({ begin, end }: AudioWithoutTtsOptions): AudioWithText {
  let text = "";
  let synthesis: LiveSynthesis | undefined;
  return {
    onText(more) {
      if (synthesis === undefined) text += more;
      else synthesis.onText(more);
    },
    onAudio(frame) {
      if (synthesis === undefined) {
        synthesis = begin();
        synthesis.onText(text);
      }
      synthesis.onAudio({ frame });
    },
    onEnd() {
      if (synthesis !== undefined) end(synthesis);
    },
  };
}

/** What `say()` is given: the words, and the audio of them. */
export interface ReadySpeech {
  text: string | ReadableStream<string>;
  audio: ReadableStream<AudioFrame>;
}

/**
 * Follows the audio that `say()` is given with a text. Audio without a text is no speech. The
 * synthesis begins when LiveKit reads the audio, not when `say()` is called.
 */
export function followReadyAudio(
  speech: ReadySpeech,
  { guard, ...options }: AudioWithoutTtsOptions & { guard: Guard },
): ReadySpeech {
  const { text, audio } = speech;
  if (!isStream(audio)) return speech;
  const follower = followAudioWithText(options);
  if (typeof text === "string") follower.onText(text);
  return {
    text:
      typeof text === "string" || !isStream(text)
        ? text
        : tapStream(text, guard, { onChunk: follower.onText }),
    audio: tapStream(audio, guard, { onChunk: follower.onAudio, onEnd: follower.onEnd }),
  };
}

export interface RealtimeAnswerOptions extends AudioWithoutTtsOptions {
  /** Nobody will hear it. */
  giveUp(synthesis: LiveSynthesis): void;
  /** The model has given something, text or audio. */
  onToken(): void;
  /** The model has called a tool: by the system's clock, in epoch milliseconds. */
  onToolCall(calledMs: number): void;
}

/**
 * Follows an answer of a realtime model. Each of its messages that has audio is speech, and the text
 * that comes with it are its words. A message without audio is spoken by a TTS, or only shown.
 */
export function followRealtimeAnswer(options: RealtimeAnswerOptions): RealtimeAnswer {
  const { onToken, onToolCall } = options;
  return {
    onToolCall,
    onUnreadMessage(text) {
      const synthesis = options.begin();
      synthesis.onText(text);
      options.giveUp(synthesis);
    },
    onMessage() {
      const follower = followAudioWithText(options);
      return {
        onText(more) {
          onToken();
          follower.onText(more);
        },
        onAudio(frame) {
          onToken();
          follower.onAudio(frame);
        },
        onEnd: follower.onEnd,
      };
    },
  };
}

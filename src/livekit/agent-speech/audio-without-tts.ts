import type { AudioFrame } from "@livekit/rtc-node";
import type { Guard } from "../instrumentation/guard.js";
import type { RealtimeAnswer } from "../instrumentation/realtime.js";
import type { PrerecordedSpeech } from "../instrumentation/session-methods.js";
import { isStream, tapStream } from "../instrumentation/tap-stream.js";
import type { LiveSynthesis } from "./live-synthesis.js";

/**
 * Speech that no TTS makes: its text and its audio arrive side by side. It comes from `say()` with
 * `audio`, or from a realtime model.
 */
export interface AudioWithText {
  onText(text: string): void;
  onAudio(frame: AudioFrame): void;
  /** No more text or audio will come. */
  onEnd(): void;
}

export interface AudioWithoutTtsOptions {
  begin(): LiveSynthesis;
  end(synthesis: LiveSynthesis): void;
}

/** A synthesis begins with the first audio. Its text includes what came before that audio. */
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

/**
 * Follows the audio that `say()` is given with a text. Audio without a text is no speech. The synthesis
 * begins when LiveKit reads the audio, which is later than the call of `say()`.
 */
export function followPrerecordedSpeech(
  speech: PrerecordedSpeech,
  { guard, ...options }: AudioWithoutTtsOptions & { guard: Guard },
): PrerecordedSpeech {
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
  /** The synthesis will not be heard. */
  giveUp(synthesis: LiveSynthesis): void;
  /** The model has given text or audio. */
  onToken(): void;
  /** The model has called a tool. `calledMs` is epoch milliseconds by the system's clock. */
  onToolCall(calledMs: number): void;
}

/**
 * Follows an answer of a realtime model. Each message with audio is one synthesis, whose text is the
 * message's text. A message without audio is spoken by a TTS, or only shown.
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

import type { LiveSynthesis } from "./live-synthesis.js";
import type { RealtimeAnswer } from "../instrumentation/realtime.js";
import { followVoicedText } from "./audio-without-tts.js";

export interface RealtimeAnswerOptions {
  /** The model has given something, text or sound. */
  onToken(): void;
  /** The same, when it was a call of a tool: by the system's clock, in epoch milliseconds. */
  onToolCall(calledMs: number): void;
  /** Begins the synthesis of what the model says with its own voice. */
  begin(): LiveSynthesis;
  end(synthesis: LiveSynthesis): void;
}

/**
 * Follows an answer of a realtime model. Each of its messages that has sound is speech, and its words
 * are the text that comes with it; a message without sound is a TTS's to speak, or only shown.
 */
export function followRealtimeAnswer({
  onToken,
  onToolCall,
  begin,
  end,
}: RealtimeAnswerOptions): RealtimeAnswer {
  return {
    onToolCall,
    onMessage() {
      const voiced = followVoicedText(begin, end);
      return {
        onText(more) {
          onToken();
          voiced.onText(more);
        },
        onAudio(frame) {
          onToken();
          voiced.onAudio(frame);
        },
        onEnd: voiced.onEnd,
      };
    },
  };
}

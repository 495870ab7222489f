import type { LiveSynthesis } from "./live-synthesis.js";
import type { RealtimeAnswer } from "./realtime-model.js";

export interface RealtimeAnswerOptions {
  /** The model has given something, text or sound. */
  onToken(): void;
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
  begin,
  end,
}: RealtimeAnswerOptions): RealtimeAnswer {
  return {
    onMessage() {
      let words = "";
      let synthesis: LiveSynthesis | undefined;
      return {
        onText(more) {
          onToken();
          words += more;
          synthesis?.onText(more);
        },
        onAudio(frame) {
          onToken();
          if (synthesis === undefined) {
            synthesis = begin();
            synthesis.onText(words);
          }
          synthesis.onAudio({ frame });
        },
        onEnd() {
          if (synthesis !== undefined) end(synthesis);
        },
      };
    },
  };
}

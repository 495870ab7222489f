import type { AudioFrame } from "@livekit/rtc-node";
import type { LiveSynthesis } from "./live-synthesis.js";

/** Words and their sound, which come side by side from what asks no TTS. */
export interface VoicedText {
  onText(text: string): void;
  onAudio(frame: AudioFrame): void;
  /** Neither will come any more. */
  onEnd(): void;
}

/** A synthesis begins with the first sound; words that came before are its beginning. */
export function followVoicedText(
  begin: () => LiveSynthesis,
  end: (synthesis: LiveSynthesis) => void,
): VoicedText {
  let words = "";
  let synthesis: LiveSynthesis | undefined;
  return {
    onText(more) {
      words += more;
      synthesis?.onText(more);
    },
    onAudio(frame) {
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
}

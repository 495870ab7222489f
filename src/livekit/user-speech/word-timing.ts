import type { stt } from "@livekit/agents";
import type { CallerAudio } from "../audio/caller-audio.js";
import type { SpeechActivity, SpeechStretch } from "../conversation/speech-activity.js";

/** When the words of a transcript were audible, in epoch milliseconds. */
export interface AudibleTime {
  startedMs: number | undefined;
  endedMs: number | undefined;
}

/** Dates the words of transcripts on the conversation's clock. */
export interface WordTiming {
  locate(data: stt.SpeechData, durationS: number | undefined, nowMs: number): AudibleTime;
}

/** A provider's word times may be wrong by this much. */
const WORD_ERROR_MS = 250;
/** A silence must be longer than this to end the last word. Shorter ones stand between words. */
const SHORTEST_SILENCE_MS = 60;

/**
 * A provider's word times count the audio that it was sent, without long silences. So they give
 * durations only. Voice activity detection gives the start.
 */
export function createWordTiming(
  callerAudio: CallerAudio,
  speechActivity: SpeechActivity,
): WordTiming {
  /** The position on the provider's audio clock at the begin of a stretch of speech. */
  let anchor: { stretch: SpeechStretch; audioS: number } | undefined;

  /** When the last word ended by the audio, because providers date its end roughly or not at all. */
  function findEnd(startedMs: number, wordsEndMs: number | undefined, nowMs: number) {
    const untilMs = wordsEndMs === undefined ? nowMs : Math.min(wordsEndMs + WORD_ERROR_MS, nowMs);
    const heardMs = callerAudio.findLastSpeech(startedMs, untilMs);
    // Without a silence the user kept speaking. Then only the provider knows where these words ended.
    const isFollowedBySilence = heardMs !== undefined && untilMs - heardMs > SHORTEST_SILENCE_MS;
    return isFollowedBySilence ? heardMs : wordsEndMs;
  }

  return {
    locate(data, durationS, nowMs) {
      const stretch = speechActivity.stretch();
      if (stretch === undefined) return { startedMs: undefined, endedMs: undefined };
      if (anchor?.stretch !== stretch) anchor = { stretch, audioS: data.startTime };
      const sinceAnchorMs = (data.startTime - anchor.audioS) * 1000;
      const startedMs = Math.min(stretch.startedMs + sinceAnchorMs, nowMs);
      const wordsEndMs =
        durationS === undefined ? undefined : Math.min(startedMs + durationS * 1000, nowMs);
      return { startedMs, endedMs: findEnd(startedMs, wordsEndMs, nowMs) };
    },
  };
}

import type { stt } from "@livekit/agents";
import type { CallerAudio } from "../audio/caller-audio.js";

/** When the words of a transcript were audible, in epoch milliseconds. */
export interface WordPlace {
  startedMs: number | undefined;
  endedMs: number | undefined;
}

/** Finds the words that an STT has heard on the conversation's clock. */
export interface WordTiming {
  /** A stretch of speech begins. */
  begin(startedMs: number): void;
  /** It is over: when the next one begins may not be known. */
  end(): void;
  locate(data: stt.SpeechData, durationS: number | undefined, nowMs: number): WordPlace;
}

/** A provider's word times may be wrong by this. */
const WORD_ERROR_MS = 250;
/** Silence that is this long follows the last word, and does not part two. */
const SHORTEST_SILENCE_MS = 60;

/**
 * The provider's times count the audio it was sent, which leaves out long silences: they tell
 * durations, and voice activity detection the start.
 */
export function createWordTiming(callerAudio: CallerAudio): WordTiming {
  let speechStartedMs: number | undefined;
  /** Where the provider's audio clock stood when that stretch began. */
  let anchor: { audioS: number; wallMs: number } | undefined;

  /** The last sound of words that a provider dates roughly, or not at all. */
  function findEnd(startedMs: number, wordsEndMs: number | undefined, nowMs: number) {
    const untilMs = wordsEndMs === undefined ? nowMs : Math.min(wordsEndMs + WORD_ERROR_MS, nowMs);
    const heardMs = callerAudio.findLastSpeech(startedMs, untilMs);
    // Where the user speaks on, only the provider knows which words are meant.
    const isFollowedBySilence = heardMs !== undefined && untilMs - heardMs > SHORTEST_SILENCE_MS;
    return isFollowedBySilence ? heardMs : wordsEndMs;
  }

  return {
    begin(startedMs) {
      speechStartedMs = startedMs;
      anchor = undefined;
    },
    end() {
      speechStartedMs = undefined;
    },
    locate(data, durationS, nowMs) {
      if (speechStartedMs === undefined) return { startedMs: undefined, endedMs: undefined };
      anchor ??= { audioS: data.startTime, wallMs: speechStartedMs };
      const startedMs = Math.min(anchor.wallMs + (data.startTime - anchor.audioS) * 1000, nowMs);
      const wordsEndMs =
        durationS === undefined ? undefined : Math.min(startedMs + durationS * 1000, nowMs);
      return { startedMs, endedMs: findEnd(startedMs, wordsEndMs, nowMs) };
    },
  };
}

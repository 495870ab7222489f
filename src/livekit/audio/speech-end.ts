import type { SpeechEndBy } from "../../record/index.js";

export interface SpeechEnd {
  atMs: number;
  by: SpeechEndBy;
}

/** Sound in which the last speech between two moments can be found (`CallerAudio`). */
export interface SpeechSound {
  findLastSpeech(sinceMs: number, untilMs: number): number | undefined;
}

/** Voice activity detection reports an end after the sound, never before it. */
const REPORT_TOLERANCE_MS = 10;
/** How far back the end of speech is looked for where its start is not known. */
const LONGEST_SPEECH_MS = 30_000;

export interface ReportedEnd {
  /** Who says so. */
  by: Exclude<SpeechEndBy, "audio">;
  /** When LiveKit takes the speech to have ended; undefined where it does not know. */
  atMs: number | undefined;
  /** When the turn was over; no later sound belongs to it. */
  committedMs: number;
  /** When the speech began, where that is known. */
  startedMs: number | undefined;
}

/**
 * When the caller was heard last in a turn: by the sound itself, where it could be followed.
 *
 * Voice activity detection bounds the search: what is loud after it was no speech. A speech service
 * or a model says only that the speech is over, by the time that its word arrives.
 */
export function findSpeechEnd(sound: SpeechSound, reported: ReportedEnd): SpeechEnd | undefined {
  const { by, atMs, committedMs, startedMs } = reported;
  const untilMs =
    by === "vad" && atMs !== undefined
      ? Math.min(atMs + REPORT_TOLERANCE_MS, committedMs)
      : committedMs;
  // Speech that began after the turn was over belongs to the next one.
  const beganMs = startedMs !== undefined && startedMs < untilMs ? startedMs : -Infinity;
  const sinceMs = Math.max(beganMs, untilMs - LONGEST_SPEECH_MS);
  const heardMs = sound.findLastSpeech(sinceMs, untilMs);
  if (heardMs !== undefined) return { atMs: heardMs, by: "audio" };
  return atMs === undefined ? undefined : { atMs, by };
}

import type { SpeechEndBy } from "../../record/index.js";

export interface SpeechEnd {
  atMs: number;
  by: SpeechEndBy;
}

/** Finds the last speech between two moments (see `CallerAudio`). */
export interface SpeechSound {
  findLastSpeech(sinceMs: number, untilMs: number): number | undefined;
}

/** Voice activity detection reports an end after the sound, never before it, so this is small. */
const REPORT_TOLERANCE_MS = 10;
/** If the start of speech is unknown, its end is searched this far back. */
const LONGEST_SPEECH_MS = 30_000;

export interface ReportedEnd {
  /** Who reports the end. */
  by: Exclude<SpeechEndBy, "audio">;
  /** When the speech ended, as LiveKit reports; undefined if it does not know. */
  atMs: number | undefined;
  /** When the turn was over; no later sound belongs to it. */
  committedMs: number;
  /** When the speech began, if known. */
  startedMs: number | undefined;
}

/**
 * When the caller was last heard in a turn: by the audio itself, if it could be followed.
 *
 * Voice activity detection bounds the search, because loud sound after its report was no speech. An STT
 * or a model only says that the speech is over by the time when its report arrives.
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

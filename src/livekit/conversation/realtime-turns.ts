import type { CallerAudio } from "../audio/caller-audio.js";
import type { Turn, Turns } from "./turns.js";

/**
 * A stretch of the user's speech that a realtime model's server has found. Times in epoch milliseconds.
 */
export interface RealtimeStretch {
  turn: Turn;
  startedMs: number;
  endedMs: number | undefined;
  /** The provider's id of its transcript, once that is known. */
  itemId: string | undefined;
  /** The message of its transcript, once it is written. */
  message: { id: string; text: string } | undefined;
}

/** What identifies the stretch of a transcript. Times in epoch milliseconds. */
export interface ServerTranscript {
  itemId: string;
  arrivedMs: number;
  /** When the speech began, as the provider says; undefined if it does not say. */
  startedMs?: number | undefined;
}

/**
 * Speech of the user that a realtime model's server has found. Its transcript may come after the
 * answer, may be revised, or may never come (a cough has none). A transcript belongs to:
 *
 * 1. the stretch that the provider names by id or start
 * 2. else the oldest stretch that still waits for a transcript
 * 3. else the last stretch
 */
export interface RealtimeTurns {
  /** @param itemId id of the coming transcript, if the provider tells it this early */
  onSpeech(isSpeaking: boolean, nowMs: number, itemId?: string): void;
  /** The stretch that a transcript belongs to; undefined if the server has found no speech. */
  find(transcript: ServerTranscript): RealtimeStretch | undefined;
  latest(): RealtimeStretch | undefined;
  /** The latest stretch whose words an STT may give at this moment. */
  latestAt(atMs: number): RealtimeStretch | undefined;
}

/** How many stretches are kept for late transcripts. */
const KEPT_STRETCHES = 32;
/** An STT gives the words of a speech within this time after its end. */
const LATEST_WORDS_MS = 5000;
/** If the user spoke again, the transcript of a speech comes within this time after its end. */
const LATEST_TRANSCRIPT_MS = 3000;

export function createRealtimeTurns(turns: Turns, sound: CallerAudio): RealtimeTurns {
  const stretches: RealtimeStretch[] = [];
  return {
    onSpeech(isSpeaking, nowMs, itemId) {
      const last = stretches.at(-1);
      if (!isSpeaking) {
        if (last !== undefined) last.endedMs ??= nowMs;
        return;
      }
      const startedMs = sound.findSpeechStart(nowMs) ?? nowMs;
      const turn = turns.forUser();
      stretches.push({
        turn,
        startedMs,
        endedMs: undefined,
        itemId,
        message: undefined,
      });
      if (stretches.length > KEPT_STRETCHES) stretches.shift();
    },
    find({ itemId, arrivedMs, startedMs }) {
      const known = stretches.find((each) => each.itemId === itemId);
      if (known !== undefined) return known;
      const unnamed = stretches.filter((each) => each.itemId === undefined);
      const found =
        startedMs === undefined
          ? findExpected(unnamed, arrivedMs)
          : findNearest(unnamed, startedMs);
      if (found !== undefined) found.itemId = itemId;
      return found;
    },
    latest: () => stretches.at(-1),
    latestAt(atMs) {
      const last = stretches.at(-1);
      return last !== undefined && atMs - (last.endedMs ?? atMs) <= LATEST_WORDS_MS
        ? last
        : undefined;
    },
  };
}

function findExpected(
  stretches: readonly RealtimeStretch[],
  arrivedMs: number,
): RealtimeStretch | undefined {
  const isExpected = ({ endedMs }: RealtimeStretch) =>
    endedMs !== undefined && arrivedMs - endedMs <= LATEST_TRANSCRIPT_MS;
  return stretches.find(isExpected) ?? stretches.at(-1);
}

function findNearest(
  stretches: readonly RealtimeStretch[],
  atMs: number,
): RealtimeStretch | undefined {
  const distanceOf = ({ startedMs }: RealtimeStretch) => Math.abs(startedMs - atMs);
  return stretches.toSorted((a, b) => distanceOf(a) - distanceOf(b))[0];
}

import type { CallerAudio } from "../audio/caller-audio.js";
import type { Turn, Turns } from "./turns.js";

/** A stretch of speech that a realtime model's server has found. Times in epoch milliseconds. */
export interface RealtimeSpeech {
  turn: Turn;
  startedMs: number;
  endedMs: number | undefined;
  /** The provider's id of its transcript, once that is known. */
  itemId: string | undefined;
  /** The message of its transcript, once that was written. */
  message: { id: string; text: string } | undefined;
}

/** What tells the speech of a transcript. Times in epoch milliseconds. */
export interface ServerTranscript {
  itemId: string;
  arrivedMs: number;
  /** When the speech began, by the provider; undefined where it does not say. */
  startedMs?: number | undefined;
}

/**
 * Speech of the user that a realtime model's server has found. Its transcript may come after the
 * answer, may be revised, or may never come: a cough has none. So a transcript belongs to the speech
 * that the provider names by id or start. Where it names none, the transcript belongs to the oldest
 * speech that still waits for one, else to the last one.
 */
export interface RealtimeTurns {
  /** @param itemId of the transcript to come, where the provider tells it before */
  onSpeech(isSpeaking: boolean, nowMs: number, itemId?: string): void;
  /** The speech that a transcript tells of; undefined where the server has found none. */
  find(transcript: ServerTranscript): RealtimeSpeech | undefined;
  latest(): RealtimeSpeech | undefined;
  /** The latest speech that an STT may have heard the words of that it gives at a moment. */
  latestAt(atMs: number): RealtimeSpeech | undefined;
}

/** How many stretches are kept for transcripts that are still to come. */
const KEPT_STRETCHES = 32;
/** An STT gives the words of a speech at most so long after its end. */
const LATEST_WORDS_MS = 5000;
/** If the user spoke again since, a transcript comes at most so long after the end of its speech. */
const LATEST_TRANSCRIPT_MS = 3000;

export function createRealtimeTurns(turns: Turns, sound: CallerAudio): RealtimeTurns {
  const stretches: RealtimeSpeech[] = [];
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
  stretches: readonly RealtimeSpeech[],
  arrivedMs: number,
): RealtimeSpeech | undefined {
  const isExpected = ({ endedMs }: RealtimeSpeech) =>
    endedMs !== undefined && arrivedMs - endedMs <= LATEST_TRANSCRIPT_MS;
  return stretches.find(isExpected) ?? stretches.at(-1);
}

function findNearest(
  stretches: readonly RealtimeSpeech[],
  atMs: number,
): RealtimeSpeech | undefined {
  const distanceOf = ({ startedMs }: RealtimeSpeech) => Math.abs(startedMs - atMs);
  return stretches.toSorted((a, b) => distanceOf(a) - distanceOf(b))[0];
}

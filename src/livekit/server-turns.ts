import type { CallerSound } from "./caller-sound.js";
import type { Turn, Turns } from "./turns.js";

/** A stretch of speech that a realtime model's server has found. Times in epoch milliseconds. */
export interface ServerSpeech {
  turn: Turn;
  startedMs: number;
  endedMs: number | undefined;
  /** The provider's id of its transcript, once that has come. */
  itemId: string | undefined;
  /** The message that was written for it, and its words. */
  message: { id: string; text: string } | undefined;
}

/**
 * The speech that a realtime model's server has found. Its transcripts come when they come, also
 * after the answer, and may be revised; each belongs to the oldest speech that has none yet.
 */
export interface ServerTurns {
  onSpeech(isSpeaking: boolean, nowMs: number): void;
  /** The speech that a transcript tells of; undefined where the server has found none. */
  find(itemId: string): ServerSpeech | undefined;
  latest(): ServerSpeech | undefined;
  /** The latest speech that words may be of which an STT gives at a moment. */
  latestAt(atMs: number): ServerSpeech | undefined;
}

/** How many stretches are kept for transcripts that are still to come. */
const KEPT_STRETCHES = 32;
/** An STT has given the words of what it heard so long after its end. */
const LATEST_WORDS_MS = 5000;

export function createServerTurns(turns: Turns, sound: CallerSound): ServerTurns {
  const stretches: ServerSpeech[] = [];
  return {
    onSpeech(isSpeaking, nowMs) {
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
        itemId: undefined,
        message: undefined,
      });
      if (stretches.length > KEPT_STRETCHES) stretches.shift();
    },
    find(itemId) {
      const known = stretches.find((each) => each.itemId === itemId);
      if (known !== undefined) return known;
      const oldest = stretches.find((each) => each.itemId === undefined);
      if (oldest !== undefined) oldest.itemId = itemId;
      return oldest;
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

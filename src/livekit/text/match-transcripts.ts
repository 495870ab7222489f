import { segmentWords } from "../../record/index.js";
import { lettersAndDigits } from "./compare-text.js";
import { findEach, findFirst } from "./find-text.js";

/** A transcript that a service gave inside the agent's own `sttNode`. */
export interface RawTranscript {
  id: string;
  text: string;
}

/** A transcript that the node has not passed on, or only in part. */
export interface WaitingTranscript extends RawTranscript {
  /** The letters and digits of it that the node has not passed on yet. */
  rest: string;
  isTouched: boolean;
}

/**
 * Finds words in the waiting transcripts: first a transcript with exactly these words, then one that
 * begins with them, then the last place where they occur.
 */
export function findWords(
  waiting: readonly WaitingTranscript[],
  words: string,
): { index: number; skipped: number } | undefined {
  const same = waiting.findIndex(({ rest }) => rest === words);
  if (same >= 0) return { index: same, skipped: 0 };
  const starts: number[] = [];
  let length = 0;
  for (const { rest } of waiting) {
    starts.push(length);
    length += rest.length;
  }
  const places = [...findEach(waiting.map(({ rest }) => rest).join(""), words)];
  const isPlace = new Set(places);
  const begun = starts.findIndex((start) => isPlace.has(start));
  if (begun >= 0) return { index: begun, skipped: 0 };
  // The last transcript that has the words in it or behind it.
  const last = places.at(-1);
  if (last === undefined) return undefined;
  const index = starts.findLastIndex((start) => start <= last);
  const start = starts[index] ?? 0;
  return { index, skipped: (places.find((place) => place >= start) ?? last) - start };
}

/**
 * Returns a test for a transcript: whether the changed text was made of it, perhaps with others,
 * although some of its words may have changed.
 */
export function matchParts(changed: string): (transcript: WaitingTranscript) => boolean {
  const letters = lettersAndDigits(changed);
  const changedWords = new Set(wordsOf(changed));
  return ({ rest, text }) => {
    if (findFirst(letters, rest) !== undefined) return true;
    const words = wordsOf(text);
    return words.filter((word) => changedWords.has(word)).length * 2 >= Math.max(words.length, 1);
  };
}

function wordsOf(text: string): string[] {
  return [...segmentWords(text)]
    .map((segment) => lettersAndDigits(segment.text))
    .filter((word) => word !== "");
}

import { segmentGraphemes } from "../../record/index.js";
import { lettersAndDigits } from "./compare-text.js";
import { findEach, findFirst } from "./find-text.js";
import { findPlaceOf } from "./find-similar.js";
import { isLongToSegment, splitWords } from "./text-tokens.js";

/** A transcript that the agent's own `sttNode` has received and not passed on, or only in part. */
export interface WaitingTranscript {
  id: string;
  text: string;
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
 *
 * @param recent the last transcripts in their order; the text was certainly made of the last one
 */
export function matchParts(
  changed: string,
  recent: readonly WaitingTranscript[] = [],
): (transcript: WaitingTranscript) => boolean {
  const letters = lettersAndDigits(changed);
  const changedWords = new Map<boolean, ReadonlySet<string>>();
  const known = new Map<WaitingTranscript, boolean>();
  const hasItsWords = (text: string): boolean => {
    const isLong = isLongToSegment(changed, text);
    const others = changedWords.get(isLong) ?? new Set(wordsOf(changed, isLong));
    changedWords.set(isLong, others);
    const words = wordsOf(text, isLong);
    return words.filter((word) => others.has(word)).length * 2 >= Math.max(words.length, 1);
  };
  const isLike = (transcript: WaitingTranscript): boolean => {
    const { rest, text } = transcript;
    const found =
      known.get(transcript) ?? (findFirst(letters, rest) !== undefined || hasItsWords(text));
    known.set(transcript, found);
    return found;
  };
  const joined = findJoined(letters, recent, isLike);
  return (transcript) => joined.has(transcript) || isLike(transcript);
}

/** A letter of these scripts is a whole syllable, so one letter of two proves enough. */
const SYLLABLES = /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}]/u;

/**
 * Finds the transcripts that stand in the changed text one behind the other, letter by letter, with
 * some letters changed. A short transcript may be a single word, so its words alone cannot prove it.
 * Goes from the last transcript to the first. A transcript that the node left out has no place in
 * front of the one behind it.
 */
function findJoined(
  letters: string,
  recent: readonly WaitingTranscript[],
  isLike: (transcript: WaitingTranscript) => boolean,
): Set<WaitingTranscript> {
  const joined = new Set<WaitingTranscript>();
  const isLong = isLongToSegment(letters, ...recent.map(({ rest }) => rest));
  const changed = lettersOf(letters, isLong);
  let end = changed.length;
  for (const [index, raw] of recent.toReversed().entries()) {
    const said = lettersOf(raw.rest, isLong);
    if (said.length === 0) continue;
    const isLast = index === 0;
    // The node may have added words behind the last transcript only.
    const place = findPlaceOf(said, changed, end, isLast);
    const mayDiffer = Math.floor(place.compared / (SYLLABLES.test(raw.rest) ? 2 : 3));
    const isFound = place.changes <= mayDiffer;
    if (isFound && place.compared === said.length) joined.add(raw);
    if (isFound && (isLast || joined.has(raw) || isLike(raw))) end = place.start;
    else if (isLast) end = Math.max(end - said.length, 0);
  }
  return joined;
}

/** The graphemes of a text; of a long one its code units, because finding graphemes takes too long. */
function lettersOf(text: string, isLong: boolean): string[] {
  return isLong ? text.split("") : Array.from(segmentGraphemes(text), ({ text: letter }) => letter);
}

function wordsOf(text: string, isLong: boolean): string[] {
  return splitWords(text, isLong).map(({ word }) => word);
}

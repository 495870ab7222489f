import { lettersAndDigits } from "./compare-text.js";

/** A transcript that a service has given inside an agent's own `sttNode`. */
export interface RawTranscript {
  id: string;
  text: string;
}

/** One that the node has not passed on, or not all of it. */
export interface WaitingTranscript extends RawTranscript {
  /** What of it may come yet. */
  rest: string;
  isTouched: boolean;
}

/** Where words stand in transcripts: one that is just them, one that begins so, or anywhere. */
export function findWords(
  waiting: readonly WaitingTranscript[],
  words: string,
): { index: number; skipped: number } | undefined {
  const fromHere = (index: number) =>
    waiting
      .slice(index)
      .map(({ rest }) => rest)
      .join("");
  const same = waiting.findIndex(({ rest }) => rest === words);
  if (same >= 0) return { index: same, skipped: 0 };
  const begun = waiting.findIndex((_, index) => fromHere(index).startsWith(words));
  if (begun >= 0) return { index: begun, skipped: 0 };
  const within = waiting.findLastIndex((_, index) => fromHere(index).includes(words));
  return within < 0 ? undefined : { index: within, skipped: fromHere(within).indexOf(words) };
}

/** Whether a text was made of a transcript among others, though words of it may have been changed. */
export function isWithin({ rest, text }: WaitingTranscript, changed: string): boolean {
  if (lettersAndDigits(changed).includes(rest)) return true;
  const [words, changedWords] = [wordsOf(text), new Set(wordsOf(changed))];
  return words.filter((word) => changedWords.has(word)).length * 2 >= Math.max(words.length, 1);
}

function wordsOf(text: string): string[] {
  return text
    .split(/\s+/)
    .map(lettersAndDigits)
    .filter((word) => word !== "");
}

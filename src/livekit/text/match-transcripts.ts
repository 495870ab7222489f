import { segmentWords } from "../../record/index.js";
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
  const same = waiting.findIndex(({ rest }) => rest === words);
  if (same >= 0) return { index: same, skipped: 0 };
  const starts: number[] = [];
  let length = 0;
  for (const { rest } of waiting) {
    starts.push(length);
    length += rest.length;
  }
  const all = waiting.map(({ rest }) => rest).join("");
  const begun = starts.findIndex((start) => all.startsWith(words, start));
  if (begun >= 0) return { index: begun, skipped: 0 };
  // The last transcript from which on they still come.
  const last = all.lastIndexOf(words);
  if (last < 0) return undefined;
  const index = starts.findLastIndex((start) => start <= last);
  const start = starts[index] ?? 0;
  return { index, skipped: all.indexOf(words, start) - start };
}

/** Whether a text was made of a transcript among others, though words of it may have been changed. */
export function isWithin({ rest, text }: WaitingTranscript, changed: string): boolean {
  if (lettersAndDigits(changed).includes(rest)) return true;
  const [words, changedWords] = [wordsOf(text), new Set(wordsOf(changed))];
  return words.filter((word) => changedWords.has(word)).length * 2 >= Math.max(words.length, 1);
}

function wordsOf(text: string): string[] {
  return [...segmentWords(text)]
    .map((segment) => lettersAndDigits(segment.text))
    .filter((word) => word !== "");
}

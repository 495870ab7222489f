import type { stt } from "@livekit/agents";
import { lettersAndDigits } from "./compare-text.js";
import { isLongToSegment, splitWords } from "./text-tokens.js";

/**
 * Compares a text with words that a turn has taken already. Returns where those words end in the text,
 * and their letters that may still come in a later text. Undefined if the text says something else. The
 * last taken word may be the beginning of a longer one.
 */
export function findKnown(text: string, taken: string): { end: number; rest: string } | undefined {
  const [now, before] = [lettersAndDigits(text), lettersAndDigits(taken)];
  if (now === "" || before === "") return undefined;
  if (before.startsWith(now)) return { end: text.length, rest: before.slice(now.length) };
  const isLong = isLongToSegment(text, taken);
  const words = splitWords(text, isLong);
  if (now.startsWith(before)) {
    let length = 0;
    const last = words.find(({ word }) => (length += word.length) >= before.length);
    return { end: last?.end ?? text.length, rest: "" };
  }
  // The STT may have corrected some of the words.
  const takenWords = splitWords(taken, isLong);
  const same = takenWords.filter(({ word }, index) => words[index]?.word === word).length;
  if (same * 2 < takenWords.length) return undefined;
  return { end: words[takenWords.length - 1]?.end ?? text.length, rest: "" };
}

/** The transcript from a place in its text on, with the times of those words; undefined without words. */
export function cutBefore(data: stt.SpeechData, end: number): stt.SpeechData | undefined {
  const text = data.text.slice(end).replace(/^[\s\p{P}]+/u, "");
  if (lettersAndDigits(text) === "") return undefined;
  const toSkip = lettersAndDigits(data.text.slice(0, end)).length;
  let length = 0;
  const words = data.words?.filter((word) => {
    if (length >= toSkip) return true;
    length += lettersAndDigits(word.text).length;
    return false;
  });
  // No STT tells which part of the source text belongs to the rest of the translation.
  const { sourceTexts: _sourceTexts, ...known } = data;
  return {
    ...known,
    text,
    startTime: words?.[0]?.startTime ?? data.startTime,
    ...(words !== undefined && { words }),
  };
}

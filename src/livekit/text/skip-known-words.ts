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
  const end = findCorrectedEnd(
    words.map(({ word }) => word),
    splitWords(taken, isLong).map(({ word }) => word),
  );
  return end === undefined ? undefined : { end: words[end - 1]?.end ?? text.length, rest: "" };
}

/** So many words more than it took away may a correction bring, or so many fewer. */
const MOST_SHIFTED_WORDS = 8;

/** How taken words become the first words of a text: how many changed, and how many stayed. */
interface Correction {
  changed: number;
  same: number;
}

/**
 * How many words of a text correct the taken words, which the STT may have changed, left out, or added
 * to. Of all ways it is the one with the fewest changes. Undefined if less than half of the taken words
 * stayed, because it is another speech then.
 */
function findCorrectedEnd(words: readonly string[], taken: readonly string[]): number | undefined {
  let row: (Correction | undefined)[] = [];
  for (let count = 0; count <= MOST_SHIFTED_WORDS; count += 1)
    row[count + MOST_SHIFTED_WORDS] = { changed: count, same: 0 };
  for (const [at, word] of taken.entries()) {
    const isLast = at === taken.length - 1;
    const next: typeof row = [];
    for (let shift = -MOST_SHIFTED_WORDS; shift <= MOST_SHIFTED_WORDS; shift += 1) {
      const cell = shift + MOST_SHIFTED_WORDS;
      const other = words[at + shift];
      const isSame = other === word || (isLast && other?.startsWith(word) === true);
      next[cell] = better(
        other === undefined ? undefined : step(row[cell], !isSame),
        better(
          step(row[cell + 1], true),
          other === undefined ? undefined : step(next[cell - 1], true),
        ),
      );
    }
    row = next;
  }
  return pickEnd(row, words.length, taken.length);
}

function step(before: Correction | undefined, isChange: boolean): Correction | undefined {
  if (before === undefined) return undefined;
  return isChange
    ? { changed: before.changed + 1, same: before.same }
    : { changed: before.changed, same: before.same + 1 };
}

function better(
  one: Correction | undefined,
  other: Correction | undefined,
): Correction | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const isBetter =
    other.changed < one.changed || (other.changed === one.changed && other.same > one.same);
  return isBetter ? other : one;
}

/** Of equal corrections the one that has as many words as were taken, or most nearly so. */
function pickEnd(
  row: readonly (Correction | undefined)[],
  words: number,
  taken: number,
): number | undefined {
  let best: { correction: Correction; end: number } | undefined;
  for (let distance = 0; distance <= MOST_SHIFTED_WORDS; distance += 1)
    for (const shift of [distance, -distance]) {
      const correction = row[shift + MOST_SHIFTED_WORDS];
      const end = taken + shift;
      if (correction === undefined || end < 1 || end > words) continue;
      if (best === undefined || better(best.correction, correction) !== best.correction)
        best = { correction, end };
    }
  return best === undefined || best.correction.same * 2 < taken ? undefined : best.end;
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

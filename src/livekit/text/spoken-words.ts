import { type AudioWord, findMarkup } from "../../record/index.js";

export interface SynthesizedAudio {
  /** Seconds of audio that came. */
  audioS: number;
  /** Whether all of the audio came. */
  isComplete: boolean;
}

/**
 * The words of a provider that a voice said. A provider may time tags and directions such as
 * `[laughter]` as words. One that gives its times early also times words whose audio never came.
 */
export function findSpokenWords(words: readonly AudioWord[], audio: SynthesizedAudio): AudioWord[] {
  const spoken = withoutTags(words);
  return audio.isComplete ? spoken : spoken.filter((word) => isMostlyBefore(word, audio.audioS));
}

/** Whether at least half of a word was said by this moment. */
function isMostlyBefore({ start_s, end_s }: AudioWord, atS: number): boolean {
  return (start_s + end_s) / 2 <= atS;
}

/** In such a list most entries are single letters, and the spaces between words are empty ones. */
const LETTERS_A_CHARACTER = 1.5;

/** The words without the tags in them. A tag may go on over several words or letters. */
function withoutTags(words: readonly AudioWord[]): AudioWord[] {
  const length = words.reduce((sum, { text }) => sum + text.length, 0);
  const isByLetter = length <= words.length * LETTERS_A_CHARACTER;
  let text = "";
  const places = words.map((word) => {
    if (!isByLetter && text !== "") text += " ";
    const start = text.length;
    text += isByLetter && word.text === "" ? " " : word.text;
    return { word, start, end: start + word.text.length };
  });
  const tags = findMarkup(text);
  if (tags.length === 0) return [...words];
  let next = 0;
  return places.flatMap(({ word, start, end }) => {
    let kept = "";
    let from = start;
    while ((tags[next]?.end ?? Infinity) <= start) next += 1;
    for (let at = next; (tags[at]?.start ?? Infinity) < end; at += 1) {
      kept += text.slice(from, Math.max(from, tags[at]?.start ?? from));
      from = Math.max(from, tags[at]?.end ?? from);
    }
    if (from === start) return [word];
    kept = (kept + text.slice(from, Math.max(from, end))).trim();
    return kept === "" ? [] : [{ ...word, text: kept }];
  });
}

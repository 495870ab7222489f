import type { HeardBy, Word } from "../../record/index.js";
import { withoutSpaces } from "./compare-text.js";

export interface HeardTextInput {
  /** The whole text that went to synthesis. */
  text: string;
  /** The provider's word times, from the start of the synthesis; may be empty. */
  words: readonly Word[];
  /** How much of the synthesis was played, in seconds. */
  heardS: number;
  /** How much was synthesised, in seconds. */
  audioS: number;
  /** LiveKit's estimate of what was heard, where it gave one: of the text as it was shown. */
  estimate?: string | undefined;
}

export interface HeardText {
  content: string;
  heardBy: HeardBy;
}

/**
 * What of a text the caller heard when its audio was cut off. Pure.
 *
 * A word counts as heard when at least half of it was played. The words come back as they stand in
 * the text, with its punctuation, where the provider's words can be found there.
 */
export function findHeardText(input: HeardTextInput): HeardText {
  const { text, words, heardS, audioS, estimate } = input;
  if (words.length > 0) {
    const heard = words.filter((word) => (word.start_s + word.end_s) / 2 <= heardS);
    return { content: textUpTo(text, heard), heardBy: "word_times" };
  }
  const estimated = estimate === undefined ? undefined : beginningLike(text, estimate);
  if (estimated !== undefined) return { content: estimated, heardBy: "livekit_estimate" };

  const share = audioS > 0 ? Math.min(heardS / audioS, 1) : 0;
  return { content: cutAtWord(text, share), heardBy: "duration_ratio" };
}

/**
 * The beginning of `text` that is `shown`, white space aside; undefined where the two differ: what is
 * shown need not be what went to synthesis.
 */
function beginningLike(text: string, shown: string): string | undefined {
  let end = 0;
  for (const character of withoutSpaces(shown)) {
    while (/\s/.test(text.charAt(end))) end += 1;
    if (!text.startsWith(character, end)) return undefined;
    end += character.length;
  }
  return text.slice(0, end).trim();
}

/** The beginning of `text` that ends with the last of `words`. */
function textUpTo(text: string, words: readonly Word[]): string {
  let end = 0;
  for (const { text: word } of words) {
    const found = text.indexOf(word.trim(), end);
    // The provider may speak "$5" as "five dollars": then its own words are the best there is.
    const isFarAway = found > end && text.slice(end, found).trim().split(/\s+/).length > 2;
    if (found < 0 || isFarAway) return words.map((each) => each.text.trim()).join(" ");
    end = found + word.trim().length;
  }
  const rest = /^[^\s\p{L}\p{N}]+/u.exec(text.slice(end));
  return text.slice(0, end + (end === 0 ? 0 : (rest?.[0].length ?? 0))).trim();
}

/** The whole words within the first `share` (0 to 1) of the text. */
export function cutAtWord(text: string, share: number): string {
  if (share >= 1) return text.trim();
  const cut = Math.floor(text.length * share);
  if (/\s/.test(text.charAt(cut))) return text.slice(0, cut).trim();
  return text.slice(0, cut).replace(/\S+$/, "").trim();
}

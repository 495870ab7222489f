import { segmentWords } from "../../record/index.js";
import { KIND, kindOf, rememberByCodePoint } from "./character-kind.js";
import { lettersAndDigits } from "./compare-text.js";

/** A word of a text, or the text between two words. */
interface Token {
  text: string;
  start: number;
}

/** `Intl.Segmenter` takes about 2 ms for 1,000 characters. */
const MOST_SEGMENTED_CHARS = 4096;

/** Whether `Intl.Segmenter` would hold the event loop for too long, if it split all these texts. */
export function isLongToSegment(...texts: readonly string[]): boolean {
  return texts.reduce((sum, { length }) => sum + length, 0) > MOST_SEGMENTED_CHARS;
}

/**
 * The words of a text, and the text between them. If it `isLong`, it is split by kinds of characters.
 * Texts that are to be compared must be split alike.
 */
function splitText(text: string, isLong: boolean): Token[] {
  return isLong
    ? splitByKind(text)
    : Array.from(segmentWords(text), ({ text: token, start }) => ({ text: token, start }));
}

/** The letters and digits of a word, and where it ends in its text. */
interface LettersOfWord {
  word: string;
  end: number;
}

/** The words of a text, split as `splitText` does. */
export function splitWords(text: string, isLong: boolean): LettersOfWord[] {
  const words: LettersOfWord[] = [];
  for (const { text: token, start } of splitText(text, isLong)) {
    const word = lettersAndDigits(token);
    if (word !== "") words.push({ word, end: start + token.length });
  }
  return words;
}

const CLASS = { other: 1, word: 2, syllable: 3, extends: 4, joins: 5 } as const;

/** It never parts a grapheme: marks follow their letter, and what joins two characters stays between them. */
function splitByKind(text: string): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  let open: number | undefined;
  let isJoined = false;
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at) ?? 0;
    const next = at + (codePoint < 0x10000 ? 1 : 2);
    const found = classOf(codePoint);
    const goesOn =
      isJoined ||
      found >= CLASS.extends ||
      (found === open && found !== CLASS.syllable) ||
      open === undefined;
    if (!goesOn) {
      tokens.push({ text: text.slice(start, at), start });
      start = at;
    }
    if (!goesOn || open === undefined) open = found;
    isJoined = found === CLASS.joins;
    at = next;
  }
  if (start < text.length) tokens.push({ text: text.slice(start), start });
  return tokens;
}

const EXTENDS = /[\p{M}\p{Grapheme_Extend}\p{Emoji_Modifier}]/u;
/** The zero-width joiner, and signs in front of numbers in Arabic, Syriac and Kaithi. */
const JOINS = /[\u200d\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]/u;

const classOf = rememberByCodePoint((codePoint) => {
  const character = String.fromCodePoint(codePoint);
  if (JOINS.test(character)) return CLASS.joins;
  if (EXTENDS.test(character)) return CLASS.extends;
  const kind = kindOf(codePoint);
  if (kind === KIND.han || kind === KIND.kana) return CLASS.syllable;
  return kind === KIND.none || kind === KIND.space ? CLASS.other : CLASS.word;
});

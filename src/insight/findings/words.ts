import { listWords } from "../../record/index.js";

/** The words of a text in any script, without case, accents and width. Pure. */
export function wordsOf(text: string): string[] {
  return listWords(foldText(text));
}

const ASCII = /^[\u0000-\u007f]*$/;

/**
 * A text in the form for comparison: lower case, one width, and Latin, Greek and Cyrillic letters
 * without accents. Vowel signs of other scripts are letters of their own and stay. Pure.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/gu, "")
    .normalize("NFKC")
    .toLowerCase();
}

/** The share of words that two texts have in common, of all words in either: 0 to 1. Pure. */
export function shareOfWords(first: ReadonlySet<string>, second: ReadonlySet<string>): number {
  let both = 0;
  for (const word of first) if (second.has(word)) both += 1;
  const either = first.size + second.size - both;
  return either === 0 ? 0 : both / either;
}

import { hasUnspacedScript, segmentWords } from "../record/index.js";
import { foldText, wordsOf } from "./findings/words.js";

/** Separates the forms of one message. No form contains it. */
const BETWEEN_FORMS = "\u0001";
/** Begins a form that keeps a text as a whole, because its script has no spaces. */
const WHOLE = "\u0002";
const CONTROLS = /[\u0000-\u001f]/g;

/**
 * The texts of a message in the form for searches: on one line, folded, with single spaces between
 * words. In a script without spaces the split into words depends on the words around. So such a text is
 * also kept as a whole. Pure.
 */
export function toSearchText(texts: readonly string[]): string {
  return texts
    .flatMap((text) => {
      const words = joinWords(wordsOf(text));
      return hasUnspacedScript(text) ? [words, WHOLE + foldWhole(text)] : [words];
    })
    .join(BETWEEN_FORMS);
}

/** A word or phrase to search for. */
export interface Needle {
  /** Every line of `toSearchText()` with the words contains this text. */
  text: string;
  /** Whether a line of `toSearchText()` contains the words. */
  isIn(line: string): boolean;
}

/** The test for a word or phrase; undefined if the text contains no word. Pure. */
export function makeNeedle(sought: string): Needle | undefined {
  const words = wordsOf(sought);
  if (words.length === 0) return undefined;
  const isWhole = hasUnspacedScript(sought);
  const text = isWhole ? foldWhole(sought) : joinWords(words);
  return {
    text,
    isIn: (line) =>
      line.includes(text) &&
      line
        .split(BETWEEN_FORMS)
        .some((form) => form.startsWith(WHOLE) === isWhole && form.includes(text)),
  };
}

function foldWhole(text: string): string {
  return foldText(text).replace(CONTROLS, " ");
}

function joinWords(words: readonly string[]): string {
  return ` ${words.join(" ")} `;
}

/** A piece of a text, and whether it is a word that was searched for. */
export interface MarkedPiece {
  text: string;
  isHit: boolean;
}

/** Splits a text into pieces, so that the words that were searched for are separate. Pure. */
export function markWords(text: string, sought: readonly string[]): MarkedPiece[] {
  const words = new Set(sought);
  const pieces: MarkedPiece[] = [];
  for (const { text: piece, isWordLike } of segmentWords(text)) {
    const isHit = isWordLike && wordsOf(piece).some((word) => words.has(word));
    const last = pieces.at(-1);
    if (last !== undefined && last.isHit === isHit) last.text += piece;
    else pieces.push({ text: piece, isHit });
  }
  return pieces;
}

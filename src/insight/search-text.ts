import { hasUnspacedScript } from "../record/index.js";
import { foldText, wordsOf } from "./findings/words.js";

/** Parts the forms of one message; no form has it. */
const BETWEEN_FORMS = "\u0001";
/** What the form of a text begins with whose words no space parts. */
const WHOLE = "\u0002";
const CONTROLS = /[\u0000-\u001f]/g;

/**
 * The texts of a message in the form in which they are searched: on one line, folded, its words
 * between single spaces. A script without spaces is cut differently with other words around it, so
 * such a text is kept as a whole too. Pure.
 */
export function toSearchText(texts: readonly string[]): string {
  return texts
    .flatMap((text) => {
      const words = joinWords(wordsOf(text));
      return hasUnspacedScript(text) ? [words, WHOLE + foldWhole(text)] : [words];
    })
    .join(BETWEEN_FORMS);
}

/** Words that are sought, one after another. */
export interface Needle {
  /** Every line of `toSearchText()` that has the words has this text in it. */
  text: string;
  /** Whether a line of `toSearchText()` has the words. */
  isIn(line: string): boolean;
}

/** The test for a word or phrase; undefined where the text has no word in it. Pure. */
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

import { rememberByCodePoint } from "./character-kind.js";

/** The letters and digits of a text, as `lettersOf` writes them, and the place of each one in it. */
export interface TextLetters {
  letters: string;
  /** Where the character begins in the text that gives a letter, and where it ends. */
  starts: Uint32Array;
  ends: Uint32Array;
}

export function findLetters(text: string): TextLetters {
  let units = new Uint16Array(text.length);
  let starts = new Uint32Array(text.length);
  let ends = new Uint32Array(text.length);
  let count = 0;
  const add = (unit: number, start: number, end: number): void => {
    if (count === units.length) {
      // One character may give several letters: "ﬁ" gives "fi".
      units = enlarge(units, new Uint16Array(2 * count));
      starts = enlarge(starts, new Uint32Array(2 * count));
      ends = enlarge(ends, new Uint32Array(2 * count));
    }
    units[count] = unit;
    starts[count] = start;
    ends[count] = end;
    count += 1;
  };
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at) ?? 0;
    const end = at + (codePoint < 0x10000 ? 1 : 2);
    const letters = lettersOfCharacter(codePoint);
    for (let index = 0; index < letters.length; index += 1) add(letters.charCodeAt(index), at, end);
    at = end;
  }
  return { letters: toText(units.subarray(0, count)), starts, ends };
}

function enlarge<List extends Uint16Array | Uint32Array>(list: List, larger: List): List {
  larger.set(list);
  return larger;
}

/** So many arguments are safe in a call. */
const MOST_UNITS = 4096;

function toText(units: Uint16Array): string {
  let text = "";
  for (let from = 0; from < units.length; from += MOST_UNITS)
    text += String.fromCharCode(...units.subarray(from, from + MOST_UNITS));
  return text;
}

/** Letters, marks and digits, without case, width or the spelling of accents. */
export function lettersOf(text: string): string {
  if (ASCII_WORD.test(text)) return text;
  const folded = text.normalize("NFKD").toLowerCase();
  let kept = "";
  let from = 0;
  for (let at = 0; at < folded.length;) {
    const codePoint = folded.codePointAt(at) ?? 0;
    const next = at + (codePoint < 0x10000 ? 1 : 2);
    const letter = spellingOf(codePoint);
    if (letter === undefined) {
      at = next;
      continue;
    }
    kept += folded.slice(from, at) + letter;
    from = at = next;
  }
  return kept + folded.slice(from);
}

const ASCII_WORD = /^[a-z0-9]+$/;
const LETTER = /^(?!\p{Variation_Selector})[\p{L}\p{Mn}\p{Mc}\p{N}]/u;

/** What stands for a character of a folded text; undefined for the character itself. */
const spellings = rememberByCodePoint((codePoint) => {
  const character = String.fromCodePoint(codePoint);
  // At the end of a word, "Σ" becomes "ς" in lower case. Elsewhere it becomes "σ".
  if (character === "ς") return "σ";
  return LETTER.test(character) ? null : "";
});

function spellingOf(codePoint: number): string | undefined {
  return spellings(codePoint) ?? undefined;
}

const lettersOfCharacter = rememberByCodePoint((codePoint) =>
  lettersOf(String.fromCodePoint(codePoint)),
);

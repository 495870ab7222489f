import { type AudioWord, withoutMarkup } from "../../record/index.js";
import { findFirst } from "./find-text.js";

/** A place in a text (UTF-16 code units), and when it is spoken, in seconds of the synthesis. */
export interface Anchor {
  at: number;
  s: number;
}

/**
 * Finds the places in a text of the words that a provider timed, in the text's order. A new list begins
 * where the provider began the text again, as after a retry. Linear.
 *
 * A provider may time characters, words or sentences. It may leave punctuation out, say "42" as "forty
 * two", repeat itself, or time only a part of the text. So a word that does not fit is skipped, and the
 * search goes on at the nearest place where text and words agree again.
 */
export function alignWords(text: string, words: readonly AudioWord[]): Anchor[][] {
  const key = toKey(text);
  const pieces = words
    .map(({ text: word, start_s, end_s }) => ({
      key: lettersOf(withoutMarkup(word)),
      startS: start_s,
      endS: Math.max(start_s, end_s),
    }))
    .filter((piece) => piece.key !== "");
  let anchors: Anchor[] = [];
  const runs = [anchors];
  let runStart = 0;
  let place = 0;
  let saidS = pieces[0]?.startS ?? 0;
  let longSearches = 16;
  for (let index = 0; index < pieces.length;) {
    const piece = pieces[index];
    if (piece === undefined) break;
    if (key.letters.startsWith(piece.key, place)) {
      const end = place + piece.key.length;
      anchors.push({ at: key.starts[place] ?? 0, s: Math.max(piece.startS, saidS) });
      anchors.push({ at: key.ends[end - 1] ?? 0, s: Math.max(piece.endS, saidS) });
      saidS = Math.max(piece.endS, saidS);
      place = end;
      index += 1;
      continue;
    }
    const isRetry =
      repeatsItself(pieces, runStart, index) ||
      (startsAnew(key.letters, pieces, index) &&
        !goesOnNear(key.letters, place, pieces, index, saidS));
    if (place > 0 && isRetry) {
      // A provider may give all times at once, so the retry may begin before the last of them.
      runs.push((anchors = [{ at: 0, s: piece.startS }]));
      saidS = piece.startS;
      runStart = index;
      place = 0;
      continue;
    }
    const found = findNext(key.letters, place, pieces, index, saidS, longSearches > 0);
    if (found === undefined) {
      longSearches -= 1;
      index += 1;
    } else {
      place = found.place;
      index = found.index;
    }
  }
  return runs.filter((run, index) => run.length > (index === 0 ? 0 : 1));
}

interface Piece {
  key: string;
  startS: number;
  endS: number;
}

/** The letters and digits of a text, and the place of each one in it. */
interface TextKey {
  letters: string;
  starts: number[];
  ends: number[];
}

function toKey(text: string): TextKey {
  const letters: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let at = 0;
  for (const character of text) {
    const next = at + character.length;
    const key = lettersOfCharacter(character);
    letters.push(key);
    for (let unit = 0; unit < key.length; unit += 1) {
      starts.push(at);
      ends.push(next);
    }
    at = next;
  }
  return { letters: letters.join(""), starts, ends };
}

/** The letters by code unit, because most texts have few different characters. */
const known: (string | undefined)[] = Array.from({ length: 0x10000 });

function lettersOfCharacter(character: string): string {
  if (character.length > 1) return lettersOf(character);
  return (known[character.charCodeAt(0)] ??= lettersOf(character));
}

const ASCII_WORD = /^[a-z0-9]+$/;

/** Letters, marks and digits, without case, width or the spelling of accents. */
function lettersOf(text: string): string {
  if (ASCII_WORD.test(text)) return text;
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{Mn}\p{Mc}\p{N}]+|\p{Variation_Selector}+/gu, "");
}

/** This many equal letters in a row prove that it is the same place in the text. */
const SURE_LETTERS = 8;
/** So few letters are enough if the next word does not fit. */
const LIKELY_LETTERS = 3;
/** The most pieces, and letters, between two places that fit. */
const MOST_PIECES = 32;
const MOST_LETTERS = 160;
/** A shorter gap between two words has no speech in it. */
const SHORTEST_GAP_S = 0.1;
/** Rough speed of speech, to check whether a place can have been reached. */
const LETTERS_PER_SECOND = 12.5;

/** The letters of the pieces from `index` on, up to `enough` of them. */
function lettersFrom(pieces: readonly Piece[], index: number, enough: number): string {
  let letters = "";
  for (let next = index; next < pieces.length && letters.length < enough; next += 1)
    letters += pieces[next]?.key ?? "";
  return letters;
}

/** Whether the pieces from `index` on repeat the beginning of the text. */
function startsAnew(letters: string, pieces: readonly Piece[], index: number): boolean {
  const said = lettersFrom(pieces, index, SURE_LETTERS);
  return said.length >= LIKELY_LETTERS && letters.startsWith(said);
}

/**
 * Whether the pieces from `index` on repeat the first ones of a run, before the previous piece ends.
 * Unlike `startsAnew`, it also knows a text that begins with a numeral or with a very short word.
 */
function repeatsItself(pieces: readonly Piece[], runStart: number, index: number): boolean {
  const [piece, before] = [pieces[index], pieces[index - 1]];
  if (piece === undefined || before === undefined || index === runStart) return false;
  if (piece.startS >= before.endS) return false;
  const said = lettersFrom(pieces, index, SURE_LETTERS);
  return lettersFrom(pieces, runStart, SURE_LETTERS).startsWith(said);
}

/**
 * Whether the text itself has the same words a little later. Then they are a refrain after something
 * without times, e.g. a numeral, and no retry. It is a retry if the text between cannot be spoken in
 * the time.
 */
function goesOnNear(
  letters: string,
  place: number,
  pieces: readonly Piece[],
  index: number,
  saidS: number,
): boolean {
  const near = letters.slice(place, place + MOST_LETTERS);
  const waitS = (pieces[index]?.startS ?? 0) - saidS;
  if (findAfterGap(near, pieces, index, waitS) !== undefined) return true;
  const found = near.indexOf(lettersFrom(pieces, index, SURE_LETTERS));
  return found >= 0 && canBeReached(found, waitS);
}

/** The place of the next word after a few letters without times, which are spoken in the gap. */
function findAfterGap(
  near: string,
  pieces: readonly Piece[],
  index: number,
  waitS: number,
): number | undefined {
  const word = lettersFrom(pieces, index, LIKELY_LETTERS);
  if (word.length < LIKELY_LETTERS || waitS < SHORTEST_GAP_S) return undefined;
  const found = near.slice(0, SURE_LETTERS + word.length).indexOf(word);
  return found >= 0 && canBeReached(found, waitS) ? found : undefined;
}

/** The nearest place, and piece, from which text and pieces agree again. */
function findNext(
  letters: string,
  place: number,
  pieces: readonly Piece[],
  index: number,
  saidS: number,
  mayBeFar: boolean,
): { place: number; index: number } | undefined {
  const near = letters.slice(place, place + MOST_LETTERS);
  const waitS = (pieces[index]?.startS ?? 0) - saidS;
  const afterGap = findAfterGap(near, pieces, index, waitS);
  if (afterGap !== undefined) return { place: place + afterGap, index };
  for (const enough of [SURE_LETTERS, LIKELY_LETTERS]) {
    let best: { place: number; index: number; cost: number } | undefined;
    let skipped = 0;
    for (let next = index; next < Math.min(pieces.length, index + MOST_PIECES); next += 1) {
      if (best !== undefined && skipped >= best.cost) break;
      const said = lettersFrom(pieces, next, enough);
      const found = near.indexOf(said);
      const cost = skipped + found;
      // The last words may be short. Then they count only if they are near.
      const isSure = said.length >= enough || cost <= SURE_LETTERS;
      const startS = pieces[next]?.startS ?? 0;
      if (found >= 0 && isSure && canBeReached(found, startS - saidS)) {
        if (best === undefined || cost < best.cost)
          best = { place: place + found, index: next, cost };
      }
      skipped += pieces[next]?.key.length ?? 0;
    }
    if (best !== undefined) return best;
  }
  if (!mayBeFar) return undefined;
  const said = lettersFrom(pieces, index, 2 * SURE_LETTERS);
  if (said.length < 2 * SURE_LETTERS) return undefined;
  const found = findFirst(letters, said, place);
  return found !== undefined && canBeReached(found - place, waitS)
    ? { place: found, index }
    : undefined;
}

/** Whether this many letters can be spoken in this time. If not, the words found are a later repetition. */
function canBeReached(letters: number, seconds: number): boolean {
  return letters / LETTERS_PER_SECOND <= 3 * Math.max(seconds, 0) + 0.5;
}

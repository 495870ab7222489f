import { type AudioWord, withoutMarkup } from "../../record/index.js";
import { findFirst } from "./find-text.js";
import { findLetters, lettersOf } from "./text-letters.js";

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
  const pieces = toPieces(words);
  if (pieces.length === 0) return [];
  const { letters, starts, ends } = findLetters(text);
  let anchors: Anchor[] = [];
  const runs = [anchors];
  let runStart = 0;
  let place = 0;
  let saidS = pieces[0]?.startS ?? 0;
  let longSearches = 16;
  let neighbourhood: Neighbourhood | undefined;
  for (let index = 0; index < pieces.length;) {
    const piece = pieces[index];
    if (piece === undefined) break;
    if (letters.startsWith(piece.key, place)) {
      const end = place + piece.key.length;
      anchors.push({ at: starts[place] ?? 0, s: Math.max(piece.startS, saidS) });
      anchors.push({ at: ends[end - 1] ?? 0, s: Math.max(piece.endS, saidS) });
      saidS = Math.max(piece.endS, saidS);
      place = end;
      neighbourhood = undefined;
      index += 1;
      continue;
    }
    neighbourhood ??= { letters: letters.slice(place, place + MOST_LETTERS), saidS, searched: 0 };
    const isRetry =
      place > 0 &&
      (repeatsItself(pieces, runStart, index) ||
        (startsAnew(letters, pieces, index) && !goesOnNear(neighbourhood, pieces, index)));
    if (isRetry) {
      // A provider may give all times at once, so the retry may begin before the last of them.
      runs.push((anchors = [{ at: 0, s: piece.startS }]));
      saidS = piece.startS;
      runStart = index;
      place = 0;
      neighbourhood = undefined;
      continue;
    }
    const found =
      findNear(neighbourhood, pieces, index) ??
      (longSearches > 0 ? findFar(letters, place, pieces, index, saidS) : undefined);
    if (found === undefined) {
      longSearches -= 1;
      index += 1;
    } else {
      place += found.letters;
      index = found.index;
      neighbourhood = undefined;
    }
  }
  return runs.filter((run, index) => run.length > (index === 0 ? 0 : 1));
}

interface Piece {
  key: string;
  startS: number;
  endS: number;
  /** How many letters the pieces in front of it have. */
  lettersBefore: number;
}

function toPieces(words: readonly AudioWord[]): Piece[] {
  const pieces: Piece[] = [];
  let lettersBefore = 0;
  for (const { text, start_s, end_s } of words) {
    const key = lettersOf(withoutMarkup(text));
    if (key === "") continue;
    pieces.push({ key, startS: start_s, endS: Math.max(start_s, end_s), lettersBefore });
    lettersBefore += key.length;
  }
  return pieces;
}

/** The text behind the last word that fits. */
interface Neighbourhood {
  letters: string;
  /** When that word was said. */
  saidS: number;
  /** The pieces in front of this index fit nowhere in it. */
  searched: number;
}

/** How many letters are left out until text and pieces agree again, and the piece that fits there. */
interface Found {
  letters: number;
  index: number;
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
function goesOnNear(near: Neighbourhood, pieces: readonly Piece[], index: number): boolean {
  const waitS = (pieces[index]?.startS ?? 0) - near.saidS;
  if (findAfterGap(near, pieces, index, waitS) !== undefined) return true;
  const found = near.letters.indexOf(lettersFrom(pieces, index, SURE_LETTERS));
  return found >= 0 && canBeReached(found, waitS);
}

/** The place of the next word after a few letters without times, which are spoken in the gap. */
function findAfterGap(
  near: Neighbourhood,
  pieces: readonly Piece[],
  index: number,
  waitS: number,
): number | undefined {
  if (waitS < SHORTEST_GAP_S) return undefined;
  const word = lettersFrom(pieces, index, LIKELY_LETTERS);
  if (word.length < LIKELY_LETTERS) return undefined;
  const found = near.letters.slice(0, SURE_LETTERS + word.length).indexOf(word);
  return found >= 0 && canBeReached(found, waitS) ? found : undefined;
}

/** The nearest place, and piece, from which text and pieces agree again. */
function findNear(near: Neighbourhood, pieces: readonly Piece[], index: number): Found | undefined {
  const waitS = (pieces[index]?.startS ?? 0) - near.saidS;
  const afterGap = findAfterGap(near, pieces, index, waitS);
  if (afterGap !== undefined) return { letters: afterGap, index };
  const found =
    findBest(near, pieces, index, SURE_LETTERS) ?? findBest(near, pieces, index, LIKELY_LETTERS);
  near.searched = index + MOST_PIECES;
  return found;
}

/** The place with the fewest letters of text and pieces in front of it. */
function findBest(
  { letters, saidS, searched }: Neighbourhood,
  pieces: readonly Piece[],
  index: number,
  enough: number,
): Found | undefined {
  const before = pieces[index]?.lettersBefore ?? 0;
  const last = pieces.at(-1);
  const all = last === undefined ? 0 : last.lettersBefore + last.key.length;
  let best: (Found & { cost: number }) | undefined;
  for (let next = index; next < Math.min(pieces.length, index + MOST_PIECES); next += 1) {
    const piece = pieces[next];
    if (piece === undefined) break;
    const skipped = piece.lettersBefore - before;
    if (best !== undefined && skipped >= best.cost) break;
    // The last words may be short. Then they count only if they are near.
    const isShort = all - piece.lettersBefore < enough;
    if (next < searched && !isShort) continue;
    const found = letters.indexOf(lettersFrom(pieces, next, enough));
    const cost = skipped + found;
    if (found < 0 || (isShort && cost > SURE_LETTERS)) continue;
    if (!canBeReached(found, piece.startS - saidS)) continue;
    if (best === undefined || cost < best.cost) best = { letters: found, index: next, cost };
  }
  return best;
}

/** A place anywhere in the text, where many letters agree. */
function findFar(
  letters: string,
  place: number,
  pieces: readonly Piece[],
  index: number,
  saidS: number,
): Found | undefined {
  const said = lettersFrom(pieces, index, 2 * SURE_LETTERS);
  if (said.length < 2 * SURE_LETTERS) return undefined;
  const found = findFirst(letters, said, place);
  if (found === undefined) return undefined;
  const waitS = (pieces[index]?.startS ?? 0) - saidS;
  return canBeReached(found - place, waitS) ? { letters: found - place, index } : undefined;
}

/** Whether this many letters can be spoken in this time. If not, the words found are a later repetition. */
function canBeReached(letters: number, seconds: number): boolean {
  return letters / LETTERS_PER_SECOND <= 3 * Math.max(seconds, 0) + 0.5;
}

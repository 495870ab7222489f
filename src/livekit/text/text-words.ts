import { hasUnspacedScript, segmentGraphemes, segmentWords } from "../../record/index.js";

/** A word of a text, with the punctuation that belongs to it. Places are UTF-16 code units. */
export interface TextWord {
  start: number;
  end: number;
  /** The spoken part of the word: from its first letter or digit to its last. */
  spokenStart: number;
  spokenEnd: number;
}

/** A longer run of letters is cut at graphemes, because no word is this long. */
const LONGEST_WORD = 64;
const SPOKEN = /[\p{L}\p{N}]/u;
const MARK = /\p{M}/u;
/** Characters that belong to the following word: an opening bracket or quote, a dash. */
const OPENING = /^[\p{Ps}\p{Pi}\p{Pd}¿¡]/u;

/**
 * The words of a text, in order. Words stand between spaces; a script without spaces is split by
 * dictionary (`Intl.Segmenter`). Punctuation and emoji belong to the word before them. Linear in the text's length.
 */
export function* findTextWords(text: string): Generator<TextWord> {
  let word: TextWord | undefined;
  /** Where the characters begin that belong to the next word. */
  let openedAt: number | undefined;
  let end = 0;
  for (const unit of splitAtBorders(text)) {
    const spoken = findSpoken(text, unit);
    if (spoken !== undefined) {
      if (word !== undefined) yield word;
      word = { start: openedAt ?? unit.start, end: unit.end, ...spoken };
      openedAt = undefined;
    } else if (word === undefined || openedAt !== undefined || isOpening(text, unit)) {
      openedAt ??= unit.start;
    } else {
      word.end = unit.end;
    }
    end = unit.end;
  }
  if (word !== undefined) yield { ...word, end };
  else if (openedAt !== undefined)
    yield { start: openedAt, end, spokenStart: openedAt, spokenEnd: end };
}

/** The words near a place of a text. */
export interface NearWords {
  words: TextWord[];
  /** A border in front of them. */
  start: number;
  /** Whether they begin with the first word of the text. */
  isBeginning: boolean;
  /** Whether they end with the last word of the text. */
  isEnd: boolean;
}

/** So much of a text is split at once. `Intl.Segmenter` takes about 2 ms for 1,000 characters. */
export const MOST_SPLIT_CHARS = 2048;
/** At least so much of it is in front of the place, and so much behind it. */
const NEAR_CHARS = 512;
/** Words at the edge of a part may be other ones than those of the whole text. */
const EDGE_WORDS = 2;

/**
 * The words around a place of a text, at least 512 characters on each side. Of a text of up to
 * `MOST_SPLIT_CHARS` they are all its words. The time is bounded, however long the text is.
 */
export function findWordsNear(text: string, at: number): NearWords {
  if (text.length <= MOST_SPLIT_CHARS)
    return { words: [...findTextWords(text)], start: 0, isBeginning: true, isEnd: true };
  // Places that are near to each other have the same part, so that their words are the same.
  const cell = Math.max(Math.floor(at / NEAR_CHARS) - 1, 0);
  const from = findBorder(text, cell * NEAR_CHARS);
  const until = findBorder(text, Math.min(cell * NEAR_CHARS + MOST_SPLIT_CHARS, text.length));
  const isBeginning = from === 0;
  const isEnd = until === text.length;
  const words = Array.from(findTextWords(text.slice(from, until)), (word) => ({
    start: word.start + from,
    end: word.end + from,
    spokenStart: word.spokenStart + from,
    spokenEnd: word.spokenEnd + from,
  }));
  const inner = words.slice(isBeginning ? 0 : EDGE_WORDS, isEnd ? undefined : -EDGE_WORDS);
  const start = isBeginning ? 0 : (inner[0]?.start ?? from);
  return { words: inner, start, isBeginning, isEnd };
}

const SPACES = /\s/;
const INSIDE_GRAPHEME = /^[\p{M}\u200d\udc00-\udfff]/u;
const MOST_UNTIL_BORDER = 256;

/** The next place where no word goes on; without one that is near, a place between two letters. */
function findBorder(text: string, at: number): number {
  if (at === 0) return at;
  const space = text.slice(at, at + MOST_UNTIL_BORDER).search(SPACES);
  if (space >= 0) return at + space;
  let border = at;
  while (border < text.length && INSIDE_GRAPHEME.test(text.charAt(border))) border += 1;
  return border;
}

interface Span {
  start: number;
  end: number;
}

function* splitAtBorders(text: string): Generator<Span> {
  for (const { 0: token, index } of text.matchAll(/\S+/gu)) {
    if (token.length <= LONGEST_WORD && !hasUnspacedScript(token))
      yield { start: index, end: index + token.length };
    else yield* splitToken(token, index);
  }
}

function* splitToken(token: string, offset: number): Generator<Span> {
  let open: (Span & { isUnspaced: boolean }) | undefined;
  for (const { text, start, isLong } of splitLongSegments(token)) {
    const isUnspaced = hasUnspacedScript(text);
    const end = start + text.length;
    const goesOn =
      open !== undefined &&
      !isLong &&
      !isUnspaced &&
      !open.isUnspaced &&
      end - open.start <= LONGEST_WORD;
    if (goesOn && open !== undefined) {
      open.end = end;
      continue;
    }
    if (open !== undefined) yield { start: offset + open.start, end: offset + open.end };
    open = { start, end, isUnspaced };
  }
  if (open !== undefined) yield { start: offset + open.start, end: offset + open.end };
}

function* splitLongSegments(
  token: string,
): Generator<{ text: string; start: number; isLong: boolean }> {
  for (const { text, start } of segmentWords(token)) {
    if (text.length <= LONGEST_WORD) {
      yield { text, start, isLong: false };
      continue;
    }
    let from = 0;
    let end = 0;
    for (const grapheme of segmentGraphemes(text)) {
      const graphemeEnd = grapheme.start + grapheme.text.length;
      if (graphemeEnd - from > LONGEST_WORD && end > from) {
        yield { text: text.slice(from, end), start: start + from, isLong: true };
        from = end;
      }
      end = graphemeEnd;
    }
    yield { text: text.slice(from), start: start + from, isLong: true };
  }
}

function findSpoken(
  text: string,
  { start, end }: Span,
): Pick<TextWord, "spokenStart" | "spokenEnd"> | undefined {
  let spokenStart: number | undefined;
  let spokenEnd = start;
  let at = start;
  for (const character of text.slice(start, end)) {
    const next = at + character.length;
    if (SPOKEN.test(character)) {
      spokenStart ??= at;
      spokenEnd = next;
    } else if (spokenStart !== undefined && MARK.test(character)) {
      spokenEnd = next;
    }
    at = next;
  }
  return spokenStart === undefined ? undefined : { spokenStart, spokenEnd };
}

function isOpening(text: string, { start, end }: Span): boolean {
  return OPENING.test(text.slice(start, end));
}

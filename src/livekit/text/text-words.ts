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

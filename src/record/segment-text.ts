/** A piece of a text: a word, the text between words, or a grapheme (what a person calls a letter). */
export interface TextSegment {
  text: string;
  /** Where it begins in the text, in UTF-16 code units. */
  start: number;
  /** True for a word with letters or digits. */
  isWordLike: boolean;
}

const words = new Intl.Segmenter("und", { granularity: "word" });
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** V8 takes quadratic time for a long text, so it gets the text in parts. */
const WINDOW = 512;
/** A border this near to the end of a part may depend on the following text. */
const LOOKAHEAD = 32;

/** The words of a text and the text between them. Languages without spaces are split by dictionary. */
export function segmentWords(text: string): Iterable<TextSegment> {
  return segmentInWindows(words, text);
}

/** The graphemes of a text. A grapheme must not be cut. */
export function segmentGraphemes(text: string): Iterable<TextSegment> {
  return segmentInWindows(graphemes, text);
}

function* segmentInWindows(segmenter: Intl.Segmenter, text: string): Generator<TextSegment> {
  let from = 0;
  let size = WINDOW;
  while (from < text.length) {
    const isLast = from + size >= text.length;
    const segments = [...segmenter.segment(text.slice(from, from + size))];
    const next = isLast
      ? undefined
      : segments.findLast(({ index }) => index > 0 && index <= size - LOOKAHEAD);
    if (next === undefined && !isLast) {
      // One piece fills the whole part.
      size *= 2;
      continue;
    }
    for (const segment of segments) {
      if (segment === next) break;
      yield {
        text: segment.segment,
        start: from + segment.index,
        isWordLike: segment.isWordLike === true,
      };
    }
    from += next?.index ?? size;
    size = WINDOW;
  }
}

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;

/** Whether a text has a script that puts no spaces between words. */
export function hasUnspacedScript(text: string): boolean {
  return UNSPACED.test(text);
}

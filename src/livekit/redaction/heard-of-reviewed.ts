import { findWordsNear } from "../text/text-words.js";
import { findUnchangedNear } from "../text/unchanged-near.js";

/** Replaces words whose review failed, so that the record still shows that something was said. */
export const WITHHELD = "[withheld]";

/**
 * What was heard of a text, in the words of its review. The result is always a beginning of the
 * reviewed text that ends between two words. Pure.
 *
 * The review saw the text as a whole, because half a card number cannot be recognised. So no word of
 * the original is used here:
 *
 * - A part that the review left unchanged counts as heard up to where the caller heard the original.
 * - A part that it replaced counts as heard by the same share as in the original, but at least one word
 *   or one `[mark]`.
 *
 * @param heard the beginning of the original that was heard; other words count by their length
 */
export function reviewHeard(heard: string, original: string, reviewed: string): string {
  if (heard === "") return heard;
  const heardEnd = findHeardEnd(heard, original);
  if (heardEnd !== undefined && original === reviewed) return heard;
  const end =
    heardEnd === undefined
      ? cutWithMarks(reviewed, heard.length / original.length)
      : findReviewedEnd(original, reviewed, heardEnd);
  const content = reviewed.slice(0, end).trim();
  return content === reviewed.trim() ? reviewed : content;
}

/** Where the heard words end in the original; undefined if they are no beginning of it. */
function findHeardEnd(heard: string, original: string): number | undefined {
  if (original.startsWith(heard)) return heard.length;
  const indent = original.length - original.trimStart().length;
  return original.startsWith(heard, indent) ? indent + heard.length : undefined;
}

/** Where a place of the original is in the reviewed text. */
function findReviewedEnd(original: string, reviewed: string, heardEnd: number): number {
  /** The end of the last part that both texts share; at first, the beginning of both. */
  let [from, reviewedFrom] = [0, 0];
  const parts = findUnchangedNear(original, reviewed, heardEnd);
  const end = { before: original.length, after: reviewed.length, length: 0 };
  for (const { before, after, length } of [...parts, end]) {
    if (heardEnd <= before) {
      if (original.slice(from, heardEnd).trim() === "") return reviewedFrom;
      const share = (heardEnd - from) / (before - from);
      return reviewedFrom + cutWithMarks(reviewed.slice(reviewedFrom, after), share);
    }
    if (heardEnd <= before + length) return after + heardEnd - before;
    [from, reviewedFrom] = [before + length, after + length];
  }
  return reviewed.length;
}

const CLOSING: ReadonlyMap<string, string> = new Map([
  ["[", "]"],
  ["<", ">"],
  ["{", "}"],
]);

const OPENING = /[[<{]/g;
/** A mark such as `[card number]` is short. Other brackets of a text may close far away, or never. */
const LONGEST_MARK = 100;

/** The end of the word, or of the mark such as `[card number]`, at a share of the text. */
function cutWithMarks(text: string, share: number): number {
  if (share >= 1) return text.length;
  const cut = text.length * share;
  const { words, start } = findWordsNear(text, Math.floor(cut));
  let end = start;
  for (const word of words) {
    if (end > 0 && word.start >= cut) break;
    end = word.end;
  }
  return findMarkEnd(text, end) ?? end;
}

/** The end of the mark around a place in the text; undefined outside a mark. */
function findMarkEnd(text: string, place: number): number | undefined {
  const from = Math.max(0, place - LONGEST_MARK);
  let passed = from;
  for (const { 0: opening, index } of text.slice(from, place).matchAll(OPENING)) {
    const start = from + index;
    if (start < passed) continue;
    const inMark = text.slice(start, start + LONGEST_MARK).indexOf(CLOSING.get(opening) ?? "");
    if (inMark < 0) continue;
    passed = start + inMark + 1;
    if (passed > place) return passed;
  }
  return undefined;
}

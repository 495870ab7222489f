import { findTextWords } from "../text/text-words.js";
import { findUnchanged } from "../text/unchanged-parts.js";

/** Stands for words whose review failed: that something was said must not be lost with them. */
export const WITHHELD = "[withheld]";

/**
 * What was heard of a text, said in the words that a review has put in its place: always a beginning
 * of the reviewed text, which ends between two words. Pure.
 *
 * The review sees a text once, as a whole: half a card number is not found by looking at that half
 * alone. So nothing here is taken from the original. What the review left as it was counts as heard up
 * to where the caller heard the original. Of what it replaced, as large a share counts as heard as was
 * heard of the original there, and one word or one `[mark]` at least.
 *
 * @param heard the beginning of the original that was heard; other words count by their length
 */
export function reviewHeard(heard: string, original: string, reviewed: string): string {
  if (heard === "") return heard;
  const indent = original.length - original.trimStart().length;
  const isBeginning = original.startsWith(heard, indent) || original.startsWith(heard);
  if (isBeginning && original === reviewed) return heard;
  const end = isBeginning
    ? findReviewedEnd(
        original,
        reviewed,
        original.startsWith(heard) ? heard.length : indent + heard.length,
      )
    : cutWithMarks(reviewed, heard.length / original.length);
  const content = reviewed.slice(0, end).trim();
  return content === reviewed.trim() ? reviewed : content;
}

/** Where a place of the original lies in the reviewed text. */
function findReviewedEnd(original: string, reviewed: string, heardEnd: number): number {
  /** Where the part ended that both texts have, or where both begin. */
  let [from, reviewedFrom] = [0, 0];
  const parts = findUnchanged(original, reviewed);
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

const MARKS: ReadonlyMap<string, string> = new Map([
  ["[", "]"],
  ["<", ">"],
  ["{", "}"],
]);

/** Where the word ends that stands at a share of a text, or the mark, such as `[card number]`. */
function cutWithMarks(text: string, share: number): number {
  if (share >= 1) return text.length;
  const cut = text.length * share;
  let end = 0;
  for (const word of findTextWords(text)) {
    if (end > 0 && word.start >= cut) break;
    end = word.end;
  }
  const opened = findOpenMark(text, end);
  const closed = opened === undefined ? -1 : text.indexOf(opened, end);
  return closed < 0 ? end : closed + 1;
}

/** What closes the mark that a place of a text stands in; undefined where it stands in none. */
function findOpenMark(text: string, end: number): string | undefined {
  let closing: string | undefined;
  for (let at = 0; at < end; at += 1) {
    const character = text.charAt(at);
    if (closing === undefined) closing = MARKS.get(character);
    else if (character === closing) closing = undefined;
  }
  return closing;
}

import { cutAtWord } from "../text/heard-text.js";

/** Stands for words whose review failed: that something was said must not be lost with them. */
export const WITHHELD = "[withheld]";

/**
 * What was heard of a text, said in the words that a review has put in its place. Pure.
 *
 * The review sees a text once, as a whole: a card number of which half was heard is not found in
 * what was heard alone. So nothing here is taken from the original but what the review left as it
 * was, from the text's beginning and from its end; of what it replaced, all counts as heard. Words
 * that are not the text's beginning are others than the review has seen, also where it left the text
 * as it was.
 */
export function reviewHeard(heard: string, original: string, reviewed: string): string {
  if (heard === "") return heard;
  if (original === reviewed && original.trimStart().startsWith(heard)) return heard;
  if (!original.startsWith(heard)) {
    const share = heard.length / original.length;
    return share >= 1 ? reviewed : cutAtWord(reviewed, share);
  }
  const shortest = Math.min(original.length, reviewed.length);
  let same = 0;
  while (same < shortest && original[same] === reviewed[same]) same += 1;
  let rest = 0;
  while (rest < shortest - same && original.at(-1 - rest) === reviewed.at(-1 - rest)) rest += 1;

  if (heard.length <= same) return heard;
  const heardOfRest = Math.max(0, heard.length - (original.length - rest));
  return reviewed.slice(0, reviewed.length - rest + heardOfRest).trim();
}

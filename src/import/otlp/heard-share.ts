import { segmentWords } from "../../record/index.js";

/**
 * The part of a text that was heard if a share of its sound was played: its beginning, cut at a whole
 * word. A word counts if it ended before that place.
 *
 * @param share 0 to 1
 */
export function cutByShare(text: string, share: number): string {
  const limit = text.length * share;
  let end = 0;
  for (const { text: part, start, isWordLike } of segmentWords(text)) {
    const partEnd = start + part.length;
    if (isWordLike && partEnd > limit) break;
    // A comma or a full stop is a part of the word before it.
    if (isWordLike || (start === end && part.trim() !== "")) end = partEnd;
  }
  return text.slice(0, end).trim();
}

import { type MessageKey, TEXT_FIELDS } from "../../record/message-fields.js";

/** The end of a text that was cut because it was longer than `maxContentChars`. */
export const CUT_MARK = " [cut by TalkTrace]";

/** The keys of a message that may be long: every text that repeats what was said. */
const LONG_KEYS = TEXT_FIELDS.map(({ key }) => key);

/** Cuts texts longer than `maxChars` and returns how many were cut. */
export function cutTexts<T extends { [key in MessageKey]?: unknown }>(
  texts: T,
  maxChars: number,
): { texts: T; cut: number } {
  let cut = 0;
  let short = texts;
  for (const key of LONG_KEYS) {
    const text: unknown = texts[key];
    if (typeof text !== "string" || text.length <= maxChars) continue;
    short = { ...short, [key]: cutText(text, maxChars) };
    cut += 1;
  }
  return { texts: short, cut };
}

function cutText(text: string, maxChars: number): string {
  const kept = text.slice(0, maxChars - CUT_MARK.length);
  // The cut may leave half a surrogate pair, which is no character.
  return kept.replace(/[\uD800-\uDBFF]$/, "") + CUT_MARK;
}

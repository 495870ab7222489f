import { type MessageKey, TEXT_FIELDS } from "../../record/message-fields.js";

/** What a text ends with that was longer than `maxContentChars`. */
export const CUT_MARK = " [cut by TalkTrace]";

/** The keys of a message that may be long: every text that repeats what was said. */
const LONG_KEYS = TEXT_FIELDS.map(({ key }) => key);

/** Cuts the texts that are longer than `maxChars` and says how many they were. */
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
  // Half a surrogate pair at the end would be no character.
  return kept.replace(/[\uD800-\uDBFF]$/, "") + CUT_MARK;
}

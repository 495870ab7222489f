import { CUT_MARK } from "../disk/limits.js";

/** What of a message or an amendment may be long. */
interface Texts {
  content?: string;
  generated?: string;
}

/** Cuts the texts that are longer than `maxChars` and says how many they were. */
export function cutTexts<T extends Texts>(texts: T, maxChars: number): { texts: T; cut: number } {
  const long = (["content", "generated"] as const).filter(
    (key) => typeof texts[key] === "string" && texts[key].length > maxChars,
  );
  if (long.length === 0) return { texts, cut: 0 };
  const short = { ...texts };
  for (const key of long) short[key] = cutText(texts[key] ?? "", maxChars);
  return { texts: short, cut: long.length };
}

function cutText(text: string, maxChars: number): string {
  const kept = text.slice(0, maxChars - CUT_MARK.length);
  // Half a surrogate pair at the end would be no character.
  return kept.replace(/[\uD800-\uDBFF]$/, "") + CUT_MARK;
}

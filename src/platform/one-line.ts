/** Blanks match as a run, so that none is tried twice. A million spaces take no longer than words. */
const BLANKS = /[\s\u0085]+/gu;
const BREAK = /[\t\n\v\f\r\u0085\u2028\u2029]/u;
/** Control characters, and characters that change the direction of a terminal's text. */
const UNSEEN = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * What `toOneLine()` changes. Nearly every text has none of it, and this expression is the quickest that
 * says so, because it looks up no properties of Unicode.
 */
const CHANGED = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

/**
 * A text as one line for people, whatever somebody said or a model made up. A line break becomes a
 * space. A character that could control a terminal is shown by its code, e.g. `\u001b`. Pure.
 */
export function toOneLine(text: string): string {
  if (!CHANGED.test(text)) return text;
  const joined = BREAK.test(text)
    ? text.replace(BLANKS, (blanks) => (BREAK.test(blanks) ? " " : blanks))
    : text;
  return joined.replace(
    UNSEEN,
    (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

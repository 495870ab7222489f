/**
 * Whether a text was shown as it was spoken, white space aside. Of a text that was `cut` off, one of the
 * two may be longer. Pure.
 */
export function isSameText(spoken: string, shown: string, cut: boolean): boolean {
  const [said, seen] = [withoutSpaces(spoken), withoutSpaces(shown)];
  return said === seen || (cut && (said.startsWith(seen) || seen.startsWith(said)));
}

/** A text without its white space. */
export function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, "");
}

/** The letters and digits of a text: they stay the same where only punctuation and case are changed. */
export function lettersAndDigits(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}

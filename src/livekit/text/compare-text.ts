/**
 * Whether the shown text is the spoken one, white space aside. If the reply was `cut` off, one of the
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

/** The letters and digits of a text. They stay the same if only punctuation and case change. */
export function lettersAndDigits(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}

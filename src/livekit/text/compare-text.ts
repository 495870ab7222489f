/**
 * Whether a text was shown as it was spoken. Pure. White space is left aside, as is what was never
 * shown or never spoken of a text that was `cut` off.
 */
export function isSameText(spoken: string, shown: string, cut: boolean): boolean {
  const [said, seen] = [withoutSpaces(spoken), withoutSpaces(shown)];
  return said === seen || (cut && (said.startsWith(seen) || seen.startsWith(said)));
}

/** A text without its white space. */
export function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, "");
}

/** The letters and digits of a text, which stay where only its writing is mended. */
export function lettersAndDigits(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}]+/gu, "");
}

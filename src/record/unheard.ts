/**
 * The part of a message that was generated but not heard; undefined if all was heard. Pure.
 *
 * @param message its `content` is what was heard, and `generated` the whole text if it differs
 */
export function findUnheard({
  content,
  generated,
}: {
  content: string;
  generated?: string | undefined;
}): string | undefined {
  if (generated === undefined) return undefined;
  return generated.startsWith(content) ? generated.slice(content.length).trim() : generated;
}

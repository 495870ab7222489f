/**
 * What a caught value says. It never throws: an error of somebody else's code may have a `message`
 * that throws, or be no error at all.
 */
export function messageOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    // A refused connection to a name with several addresses has its reasons inside.
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
    return first instanceof Error ? first.message : error.message || error.name;
  } catch {
    return "an error that cannot be read";
  }
}

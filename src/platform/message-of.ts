/**
 * The message of a caught value. It never throws, although the value may be no error, or its
 * `message` may be a getter that throws.
 */
export function messageOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    // If a name has several addresses, the error of a refused connection has the reasons in `errors`.
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
    return first instanceof Error ? first.message : error.message || error.name;
  } catch {
    return "an error that cannot be read";
  }
}

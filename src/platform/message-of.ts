/**
 * The message of a caught value. It never throws, although the value may be no error, or its
 * `message` may be a getter that throws, or something else than a text.
 */
export function messageOf(error: unknown): string {
  const message = isError(error) ? (readMessage(error) ?? "") : readText(() => String(error));
  return message === undefined || message === "" ? "an error that cannot be read" : message;
}

/** Whether a value is an error. It never throws, although the value may be a `Proxy` that does. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

/** Each part is read by itself, because one may throw and another may tell. */
function readMessage(error: Error): string | undefined {
  // If a name has several addresses, the error of a refused connection has the reasons in `errors`.
  const ofFirst = readText(() => {
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
    return isError(first) ? first.message : undefined;
  });
  return ofFirst || readText(() => error.message) || readText(() => error.name);
}

/** Undefined if reading throws, or gives no text. */
function readText(read: () => unknown): string | undefined {
  try {
    const text = read();
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

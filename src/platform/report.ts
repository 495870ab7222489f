/** Writes one line to stderr: where problems are reported unless somebody else wants them. */
export function writeToStderr(line: string): void {
  // Unlike the stream itself, the console lets nobody's process end where nobody reads the line.
  console.error("%s", `talktrace: ${line}`);
}

/** A reporter that cannot fail, whatever the given one does: reporting must not break a call. */
export function reportSafely(
  report: (line: string) => void = writeToStderr,
): (line: string) => void {
  return (line) => {
    try {
      report(line);
    } catch {
      // There is nobody left to tell.
    }
  };
}

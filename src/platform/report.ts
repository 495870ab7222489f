import { toOneLine } from "./one-line.js";

/**
 * Writes one line to stderr, with its control characters shown by their codes. It is the default for
 * problems.
 */
export function writeToStderr(line: string): void {
  // `console.error` and not the stream: it does not end a process whose stderr is closed.
  console.error("%s", toOneLine(`talktrace: ${line}`));
}

/** A reporter that cannot fail, whatever the given one does: reporting must not break a call. */
export function reportSafely(
  report: (line: string) => void = writeToStderr,
): (line: string) => void {
  return (line) => {
    try {
      report(line);
    } catch {
      // If the reporter itself fails, nobody is left to tell.
    }
  };
}

/** Writes one line to stderr: where problems are reported unless somebody else wants them. */
export function writeToStderr(line: string): void {
  process.stderr.write(`talktrace: ${line}\n`);
}

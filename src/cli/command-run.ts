/** What a command may do beside returning its answer. */
export interface CommandRun {
  isJson: boolean;
  /** Writes one line to stderr. */
  report(line: string): void;
  /** Writes a piece of a file to stdout, in place of an answer. Resolves when stdout takes more. */
  writeData(piece: string | Uint8Array): Promise<void>;
  /** See `Terminal`. */
  confirm(question: string): Promise<boolean | undefined>;
  /** The process ends with this code after the answer is written. 0 leaves the present code. */
  setExitCode(code: number): void;
  /** The process ends after the answer is written, even if something in it still runs. */
  endProcess(): void;
  /** Tells how many calls were read, for a person who waits. */
  showProgress(done: number, of: number): void;
  /**
   * Writes a part of the answer at once: as text made of clean strings, or with `--jsonl` as a line of
   * JSON. With `--json` all parts are printed as one array at the end, in place of the answer.
   */
  emit<Part>(part: Part, toText: (part: Part, screen: Screen) => string): void;
}

/** The output for which text is made. */
export interface Screen {
  /** The width of the terminal; undefined for a file or a pipe. */
  columns: number | undefined;
}

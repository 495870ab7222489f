/** What a command may do beside its answer. */
export interface CommandRun {
  isJson: boolean;
  /** Writes one line to stderr. */
  report(line: string): void;
  /** The process ends with this code once the answer is written. 0 leaves what was set before. */
  setExitCode(code: number): void;
  /** The process ends once the answer is written, though something in it still runs. */
  endProcess(): void;
  /**
   * Writes a part of the answer at once: its text, made of clean strings, or with `--jsonl` a line of JSON. With `--json`
   * all parts are printed as one array in the end, instead of the answer.
   */
  emit<Part>(part: Part, toText: (part: Part, screen: Screen) => string): void;
}

/** What text is made for. */
export interface Screen {
  /** How wide the terminal is; undefined for a file or a pipe. */
  columns: number | undefined;
}

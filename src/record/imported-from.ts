/** The file from which a call was imported. */
export interface ImportedFrom {
  /** The form of the file, e.g. `livekit_report`. docs/imports.md has all of them. */
  format: string;
  /** The name of the file. One in a ZIP has the names of both, e.g. `calls.zip/a.json`. */
  file: string;
  /**
   * The SHA-256 of the file's bytes.
   *
   * @pattern ^[0-9a-f]{64}$
   */
  sha256: string;
  /** What the file did not have, in words for people, e.g. `word times`. */
  missing?: string[];
}

import { styles } from "./styles.js";

/**
 * What became of a call, or of a file without one:
 *
 * - `imported`: a document was written.
 * - `known`: the same file was imported before, so nothing was written.
 * - `skipped`: a file in a folder or a ZIP that is of no known form.
 * - `refused`: it could not be imported.
 */
export type ImportOutcome = "imported" | "known" | "skipped" | "refused";

export interface ImportedCall {
  /** The file from which it comes, as `session.imported_from` names it. */
  file: string;
  outcome: ImportOutcome;
  /** The form of the call; see docs/imports.md. */
  format?: string;
  /** The path of the document. */
  path?: string;
  session_id?: string;
  messages?: number;
  /** What the file did not have. */
  missing?: string[];
  /** Why it was not imported. */
  problem?: string;
}

/** One call on one line, and a second line for what its file did not have. Pure. */
export function formatImportedCall(call: ImportedCall): string {
  const { file, outcome, format, path, messages = 0, missing = [], problem = "" } = call;
  switch (outcome) {
    case "imported": {
      const count = messages === 1 ? "1 message" : `${messages} messages`;
      const line = `${styles.green("✓")} ${file} → ${path ?? ""} (${format ?? ""}, ${count})`;
      return missing.length === 0
        ? line
        : `${line}\n  ${styles.dim(`without ${missing.join(", ")}`)}`;
    }
    case "known":
      return `${styles.dim("=")} ${file} was imported before, as ${path ?? ""}`;
    case "skipped":
      return `${styles.dim("-")} ${file}: left out, ${problem}`;
    case "refused":
      return `${styles.red("◆")} ${file}: not imported, ${problem}`;
  }
}

/** How many calls came in, how many were known, and what was left out. Pure. */
export function formatImportCount(calls: readonly Pick<ImportedCall, "outcome">[]): string {
  const count = (wanted: ImportOutcome): number =>
    calls.filter(({ outcome }) => outcome === wanted).length;
  const imported = count("imported");
  const parts = [
    `${imported} ${imported === 1 ? "call" : "calls"} imported`,
    ...(count("known") > 0 ? [`${count("known")} known already`] : []),
    ...(count("skipped") > 0 ? [`${count("skipped")} left out`] : []),
    ...(count("refused") > 0 ? [`${count("refused")} not imported`] : []),
  ];
  return parts.join(", ");
}

import { styles } from "./styles.js";

/** A fault of a file, and what can be done about it. */
export interface FileProblem {
  what: "document" | "journal" | "sidecar" | "contradiction";
  problem: string;
  way_out: string;
}

export interface VerifiedFile {
  name: string;
  path: string;
  /** The session's status; undefined if the document cannot be read, or does not exist yet. */
  status: string | undefined;
  problems: FileProblem[];
}

/** Each file with a problem, and the number of files in all. Pure. */
export function formatVerified(files: readonly VerifiedFile[]): string {
  const bad = files.filter(({ problems }) => problems.length > 0);
  const fine = files.length - bad.length;
  return [
    ...bad.flatMap(({ name, problems }) => [
      `${styles.red("◆")} ${name}`,
      ...problems.flatMap(({ what, problem, way_out }) => [
        `  ${what}: ${problem}`,
        styles.dim(`  → ${way_out}`),
      ]),
    ]),
    `${bad.length === 0 ? `${styles.green("✓")} ` : ""}${fine} of ${files.length} ${files.length === 1 ? "file is as it" : "files are as they"} should be`,
  ].join("\n");
}

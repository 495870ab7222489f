import pc from "picocolors";

/** What is wrong with a file, and what can be done. */
export interface FileProblem {
  what: "document" | "journal" | "sidecar" | "contradiction";
  problem: string;
  way_out: string;
}

export interface VerifiedFile {
  name: string;
  path: string;
  /** The session's; undefined where the document cannot be read, or is not there yet. */
  status: string | undefined;
  problems: FileProblem[];
}

/** Each file with a problem, and how many there are in all. Pure. */
export function formatVerified(files: readonly VerifiedFile[]): string {
  const bad = files.filter(({ problems }) => problems.length > 0);
  const fine = files.length - bad.length;
  return [
    ...bad.flatMap(({ name, problems }) => [
      `${pc.red("◆")} ${name}`,
      ...problems.flatMap(({ what, problem, way_out }) => [
        `  ${what}: ${problem}`,
        pc.dim(`  → ${way_out}`),
      ]),
    ]),
    `${bad.length === 0 ? `${pc.green("✓")} ` : ""}${fine} of ${files.length} ${files.length === 1 ? "file is as it" : "files are as they"} should be`,
  ].join("\n");
}

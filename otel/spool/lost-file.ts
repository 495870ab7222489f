import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { makeFolder } from "../../src/platform/make-folder.js";
import type { SpoolFile } from "./spool-file.js";
import { parseSpoolName } from "./spool-name.js";

/**
 * What happened to a file that is no longer at its path.
 *
 * - `taken over`: another process has it.
 * - `restored`: this process wrote it again.
 * - `gone`: this process has no open descriptor of it, so it cannot be restored.
 */
export type Fate = "taken over" | "restored" | "gone";

export interface LostFile {
  file: SpoolFile;
  /** What is at the path now. */
  found: "nothing" | "another";
  /** Whether other processes may have taken this one for dead. */
  wasQuiet: boolean;
}

/** Restores a lost file, unless another process has it. Throws the file system's error. */
export function recoverLost(
  directory: string,
  { file, found, wasQuiet }: LostFile,
  report: (line: string) => void,
): Fate {
  makeFolder(directory);
  if (wasQuiet || isTakenOver(directory, file)) return "taken over";
  if (found === "another") {
    report(`Another file stood in the place of a spool file, kept as "${file.pushAside()}"`);
  }
  if (!file.restore()) return "gone";
  report(`The spool file "${file.path}" was gone; it is there again, and whole`);
  return "restored";
}

/** Whether the same file is there under another owner's name. */
function isTakenOver(directory: string, { name, path }: SpoolFile): boolean {
  return readdirSync(directory).some((fileName) => {
    const other = parseSpoolName(fileName);
    if (other?.lane !== name.lane || other.createdMs !== name.createdMs) return false;
    return fileName !== basename(path);
  });
}

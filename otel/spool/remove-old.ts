import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { findClaimant } from "../../src/platform/owner.js";
import { DAMAGED_SUFFIX, parseSpoolName } from "./spool-name.js";

/**
 * Removes spool files that were begun before a time (milliseconds since 1970), with their waiting
 * spans, and files that were set aside. Files of running processes stay, because these processes drop
 * old spans themselves. Returns how many files were removed; 0 if the folder does not exist.
 *
 * @throws the file system's error
 */
export function removeOldSpoolFiles(directory: string, beforeMs: number): number {
  let removed = 0;
  for (const fileName of listNames(directory)) {
    const isDamaged = fileName.endsWith(DAMAGED_SUFFIX);
    const name = parseSpoolName(isDamaged ? fileName.slice(0, -DAMAGED_SUFFIX.length) : fileName);
    if (name === undefined || name.createdMs >= beforeMs) continue;
    if (name.owner !== undefined && findClaimant(name.owner) !== "dead") continue;
    const path = join(directory, fileName);
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    unlinkSync(path);
    removed += 1;
  }
  return removed;
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

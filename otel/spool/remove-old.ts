import { lstatSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { findClaimant } from "../../src/platform/owner.js";
import { DAMAGED_SUFFIX, parseSpoolName } from "./spool-name.js";

/**
 * Removes the files of a spool that were begun before a time, in milliseconds since 1970, with the
 * spans that wait in them, and those that were set aside. Files of living processes stay: those drop
 * what is too old themselves. Says how many were removed. A folder that is not there has none.
 *
 * @throws what the file system says
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

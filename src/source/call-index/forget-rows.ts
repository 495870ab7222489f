import { lstatSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf } from "../../platform/message-of.js";
import { allPlacesOfIndexes } from "./place-of-index.js";
import { openIndexFile, writeIndexFile } from "./index-file.js";
import { copyKept } from "./keep-rows.js";

export interface ForgottenRows {
  /** Rows of these calls that were in an index. */
  rows: number;
  /** Why an index may still have words of these calls, one sentence a file. */
  left: string[];
}

/**
 * Takes calls out of a folder's index, wherever it is kept for this user. An index that this version
 * cannot read is removed as a whole, because the next reader makes a new one.
 *
 * @param isDryRun only counts
 */
export function forgetRows(
  directory: string,
  names: ReadonlySet<string>,
  isDryRun = false,
): ForgottenRows {
  const forgotten: ForgottenRows = { rows: 0, left: [] };
  for (const path of allPlacesOfIndexes(directory)) {
    try {
      forgotten.rows += forgetInIndex(path, names, isDryRun);
    } catch (error) {
      forgotten.left.push(`the index "${path}" cannot be changed: ${messageOf(error)}`);
    }
  }
  return forgotten;
}

/** @throws the file system's error */
function forgetInIndex(path: string, names: ReadonlySet<string>, isDryRun: boolean): number {
  if (!isDryRun) removeUnfinished(path);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return 0;
  const index = openIndexFile(path, undefined);
  if (index === undefined) {
    if (!isDryRun) rmSync(path, { force: true });
    return 0;
  }
  const kept = [...index.names()].filter((name) => !names.has(name));
  if (kept.length === index.size || isDryRun) return index.size - kept.length;
  writeIndexFile(
    path,
    index.made,
    kept.flatMap((name) => copyKept(index.get(name)) ?? []),
  );
  return index.size - kept.length;
}

/** A process that was killed while it wrote an index left the words of its rows behind. */
function removeUnfinished(path: string): void {
  const begin = `${basename(path)}.`;
  for (const fileName of listNames(dirname(path)))
    if (fileName.startsWith(begin) && fileName.endsWith(".tmp"))
      rmSync(join(dirname(path), fileName), { force: true });
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

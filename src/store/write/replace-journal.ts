import { basename, dirname } from "node:path";

import { createNew, createWhole, keepAside } from "../disk/exclusive-file.js";
import type { CreatedFile } from "../disk/exclusive-file.js";
import { temporaryPathOf } from "../disk/file-names.js";
import { closeFile, makeFolderStep, quietly, removeFile, renameFile } from "../disk/file-steps.js";
import type { JournalCondition } from "./journal-file.js";
import type { Steps } from "../disk/steps.js";

export interface ReplacedJournal {
  created: CreatedFile;
  /** The new name of the file that was at the path, if somebody else had changed it. */
  keptAside?: string;
}

/**
 * Puts a new journal at a path. If somebody else changed or replaced the old one, that file is kept
 * aside. A `sound` journal whose sync failed is replaced in one step, so that there is always a
 * journal.
 *
 * Throws the file system's error.
 */
export function* replaceJournal(
  path: string,
  condition: JournalCondition,
  { lines, mode }: { lines: readonly Buffer[]; mode: number },
): Steps<ReplacedJournal> {
  yield* makeFolderStep(dirname(path), mode);
  if (condition !== "sound") {
    const isThere = condition !== "missing";
    const keptAside = isThere ? basename(yield* keepAside(path)) : undefined;
    const created = yield* createWhole(path, lines, mode);
    return { created, ...(keptAside !== undefined && { keptAside }) };
  }
  const temporary = temporaryPathOf(path);
  const created = yield* createNew(temporary, lines, mode);
  try {
    yield* renameFile(temporary, path);
    return { created };
  } catch (error) {
    yield* quietly(closeFile(created.fd));
    yield* quietly(removeFile(temporary));
    throw error;
  }
}

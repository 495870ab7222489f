import { basename, dirname } from "node:path";

import { createNew, createWhole, keepAside } from "../disk/exclusive-file.js";
import type { CreatedFile } from "../disk/exclusive-file.js";
import { temporaryPathOf } from "../disk/file-names.js";
import { closeFile, makeFolderStep, quietly, removeFile, renameFile } from "../disk/file-steps.js";
import type { JournalCondition } from "./journal-file.js";
import type { Steps } from "../disk/steps.js";

export interface ReplacedJournal {
  created: CreatedFile;
  /** Where the file went that stood there and was not as we had left it. */
  keptAside?: string;
}

/**
 * Puts a new journal at a path. What somebody else made of the old one is kept aside; one that is
 * `sound`, but not to be relied on, is replaced in one step, so that there is always a journal.
 *
 * Throws what the file system says.
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

import { basename } from "node:path";

import { createNew, identityOf, isSameFile, keepAside } from "./exclusive-file.js";
import type { FileIdentity } from "./exclusive-file.js";
import { temporaryPathOf } from "./file-names.js";
import { closeFile, quietly, removeFile, renameFile, statPath, syncAll } from "./file-steps.js";
import type { Steps } from "./steps.js";

export interface ReplaceOptions {
  /** The file that may be replaced. Any other one at the path is kept aside. */
  replaces: FileIdentity | undefined;
  /**
   * Whether to wait until the content is on the disk. The name is there when the folder has been
   * synced, which is left to the caller: if that fails, the new file is in its place all the same.
   */
  durable: boolean;
  /** The mode of the new file. Default: 0o600. */
  mode?: number | undefined;
}

export interface ReplacedFile {
  identity: FileIdentity;
  /** Where the file went that stood at the path and was not ours. */
  keptAside?: string;
}

/**
 * Replaces a file as a whole: readers see the old one or the new one. A failure leaves the
 * old one as it is, and nothing beside it.
 *
 * Throws what the file system says.
 */
export function* replaceFile(
  path: string,
  pieces: readonly Buffer[],
  { replaces, durable, mode }: ReplaceOptions,
): Steps<ReplacedFile> {
  const temporary = temporaryPathOf(path);
  const { fd, identity } = yield* createNew(temporary, pieces, mode);
  try {
    try {
      if (durable) yield* syncAll(fd);
    } finally {
      yield* closeFile(fd);
    }
    const found = yield* statPath(path);
    const isForeign = found !== undefined && !isSameFile(identityOf(found), replaces);
    const keptAside = isForeign ? basename(yield* keepAside(path)) : undefined;
    yield* renameFile(temporary, path);
    return { identity, ...(keptAside !== undefined && { keptAside }) };
  } catch (error) {
    yield* quietly(removeFile(temporary));
    throw error;
  }
}

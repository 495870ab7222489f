import { basename } from "node:path";

import { createNew, identityOf, isSameFile, keepAside } from "./exclusive-file.js";
import type { FileIdentity } from "./exclusive-file.js";
import { temporaryPathOf } from "./file-names.js";
import { closeFile, quietly, removeFile, renameFile, statPath, syncAll } from "./file-steps.js";
import type { Steps } from "./steps.js";

export interface ReplaceOptions {
  /** The file that may be replaced. Any other file at the path is kept aside. */
  replaces: FileIdentity | undefined;
  /**
   * Whether to wait until the content is on the disk. The name is on the disk only after a sync of the
   * folder, which the caller does. If that fails, the new file is still in its place.
   */
  durable: boolean;
  /** The mode of the new file. Default: 0o600. */
  mode?: number | undefined;
}

export interface ReplacedFile {
  identity: FileIdentity;
  /** The new name of a foreign file that was at the path. */
  keptAside?: string;
}

/**
 * Replaces a file as a whole: a reader sees the old one or the new one. After a failure the old file is
 * unchanged and nothing is left beside it.
 *
 * Throws the file system's error.
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

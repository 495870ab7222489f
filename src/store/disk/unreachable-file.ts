import { lstat, readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** Node puts this sign for bytes that are not UTF-8. A file with such a name cannot be opened by it. */
export const NOT_UTF8 = "\ufffd";

const BAD_NAME = "its name is not UTF-8; rename the file to read it";
export const DANGLING_LINK = "it is a link, and what it leads to is not there";

/**
 * The system does not find a file, although its folder has one of this name. It has no `code`, so
 * nobody takes it for a missing file.
 */
export class UnreachableFileError extends Error {
  override readonly name = "UnreachableFileError";
}

/**
 * Why the system does not find a file that its folder has: the name is not UTF-8, or it is a link to
 * nothing. Undefined if the folder has no such file either.
 */
export async function explainUnreachable(path: string): Promise<string | undefined> {
  if (path.includes(NOT_UTF8)) {
    // If the folder's own name is not UTF-8, the folder cannot be read either.
    const fileNames = await readdir(dirname(path)).catch(() => undefined);
    if (fileNames?.includes(basename(path)) !== false) return BAD_NAME;
  }
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isSymbolicLink() === true ? DANGLING_LINK : undefined;
}

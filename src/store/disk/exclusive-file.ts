import type { BigIntStats } from "node:fs";

import { faultCode } from "./fault.js";
import { temporaryPathOf } from "./file-names.js";
import {
  closeFile,
  CREATE_NEW,
  PRIVATE_MODE,
  linkFile,
  openFile,
  quietly,
  removeFile,
  renameFile,
  statOpen,
  statPath,
  writeAll,
} from "./file-steps.js";
import type { Steps } from "./steps.js";

/** Errors of file systems that have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Which file is at a path, and in which state. If two identities are equal, nobody changed the file. */
export interface FileIdentity {
  device: bigint;
  inode: bigint;
  size: bigint;
  modifiedNs: bigint;
}

export function identityOf(stats: BigIntStats): FileIdentity {
  return { device: stats.dev, inode: stats.ino, size: stats.size, modifiedNs: stats.mtimeNs };
}

export function isSameFile(a: FileIdentity, b: FileIdentity | undefined): boolean {
  return (
    a.device === b?.device &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.modifiedNs === b.modifiedNs
  );
}

/** A file that was just created, opened for appending. */
export interface CreatedFile {
  fd: number;
  identity: FileIdentity;
}

/**
 * Creates a file that appears at its path complete, and only if the path is free. The content is
 * written to a temporary file, which is then linked to the path.
 *
 * Throws `EEXIST` if the path is taken, and the file system's other errors.
 */
export function* createWhole(
  path: string,
  content: readonly Buffer[],
  mode: number = PRIVATE_MODE,
): Steps<CreatedFile> {
  const temporary = temporaryPathOf(path);
  const created = yield* createNew(temporary, content, mode);
  try {
    yield* linkFile(temporary, path);
    return created;
  } catch (error) {
    yield* closeFile(created.fd);
    if (!NO_LINKS.has(faultCode(error) ?? "")) throw error;
    return yield* createNew(path, content, mode);
  } finally {
    yield* quietly(removeFile(temporary));
  }
}

/** Creates a file at a free path. After a failure nothing is left behind. */
export function* createNew(
  path: string,
  content: readonly Buffer[],
  mode: number = PRIVATE_MODE,
): Steps<CreatedFile> {
  const fd = yield* openFile(path, CREATE_NEW, mode);
  try {
    yield* writeAll(fd, content);
    return { fd, identity: identityOf(yield* statOpen(fd)) };
  } catch (error) {
    yield* quietly(closeFile(fd));
    yield* quietly(removeFile(path));
    throw error;
  }
}

/** Renames the file at `path` to the first free `<path>.edited-<n>` and returns the new path. */
export function* keepAside(path: string): Steps<string> {
  const aside = yield* findFreePath((n) => `${path}.edited-${n}`);
  yield* renameFile(path, aside);
  return aside;
}

/** The first free path of a numbered series. */
export function* findFreePath(pathAt: (n: number) => string): Steps<string> {
  for (let n = 1; ; n += 1) {
    const path = pathAt(n);
    if ((yield* statPath(path)) === undefined) return path;
  }
}

import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { BigIntStats } from "node:fs";
import { open } from "node:fs/promises";

import { faultCode } from "./fault.js";
import { temporaryPathOf } from "./file-names.js";

/** How this room creates files: never over another one, never through a link. */
export const CREATE_NEW =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_EXCL |
  // Windows has no such flag; O_EXCL follows no link either.
  (constants.O_NOFOLLOW ?? 0);

/** What file systems say that know no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Which file stands at a path, and in which state: two equal identities mean nobody touched it. */
export interface FileIdentity {
  inode: bigint;
  size: bigint;
  modifiedNs: bigint;
}

export function identityOf(stats: BigIntStats): FileIdentity {
  return { inode: stats.ino, size: stats.size, modifiedNs: stats.mtimeNs };
}

export function isSameFile(a: FileIdentity, b: FileIdentity | undefined): boolean {
  return a.inode === b?.inode && a.size === b.size && a.modifiedNs === b.modifiedNs;
}

/**
 * Creates a file that appears at its path whole, and only if nothing stands there: the content is
 * written beside it and then linked. The descriptor that comes back appends.
 *
 * Throws `EEXIST` when the path is taken, and what else the file system says.
 */
export function createWhole(path: string, content: Buffer): { fd: number; identity: FileIdentity } {
  const temporary = temporaryPathOf(path);
  try {
    const created = createNew(temporary, content);
    try {
      linkSync(temporary, path);
      return created;
    } catch (error) {
      closeSync(created.fd);
      if (!NO_LINKS.has(faultCode(error) ?? "")) throw error;
      return createNew(path, content);
    }
  } finally {
    quietly(() => unlinkSync(temporary));
  }
}

function createNew(path: string, content: Buffer): { fd: number; identity: FileIdentity } {
  const fd = openSync(path, CREATE_NEW | constants.O_APPEND, 0o666);
  try {
    writeWhole(fd, content);
    return { fd, identity: identityOf(fstatSync(fd, { bigint: true })) };
  } catch (error) {
    quietly(() => closeSync(fd));
    quietly(() => unlinkSync(path));
    throw error;
  }
}

/** Writes all of `bytes`, also where the system takes them in portions. */
export function writeWhole(
  fd: number,
  bytes: Buffer,
  onWritten?: (byteCount: number) => void,
): void {
  for (let written = 0; written < bytes.length;) {
    const count = writeSync(fd, bytes, written);
    written += count;
    onWritten?.(count);
  }
}

/** Waits until a folder's own entries are on the disk, where the system can do that. */
export async function syncFolder(directory: string): Promise<void> {
  try {
    const handle = await open(directory, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows and some network file systems cannot; they order such changes on their own.
  }
}

export function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // Tidying up after a failure: the failure itself is what the caller hears of.
  }
}

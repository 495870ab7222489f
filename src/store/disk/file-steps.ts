import fs from "node:fs";
import type { BigIntStats } from "node:fs";
import { promisify } from "node:util";

import { makeFolder, makeFolderLater } from "../../platform/make-folder.js";
import { faultCode } from "./fault.js";
import type { StepKind, Steps } from "./steps.js";

const open = promisify(fs.open);
const close = promisify(fs.close);
const fstat = promisify(fs.fstat);
const writev = promisify(fs.writev);
const fsync = promisify(fs.fsync);
const fdatasync = promisify(fs.fdatasync);

const { lstat, link, rename, unlink, lutimes } = fs.promises;

/** Appends to an existing file. Does not follow links, and does not wait for a pipe's reader. */
export const APPEND =
  fs.constants.O_WRONLY |
  fs.constants.O_APPEND |
  // Windows has neither these flags nor these dangers.
  (fs.constants.O_NOFOLLOW ?? 0) |
  (fs.constants.O_NONBLOCK ?? 0);

/** Creates a file, never over an existing one and never through a link. */
export const CREATE_NEW = APPEND | fs.constants.O_CREAT | fs.constants.O_EXCL;

/** One call of the file system. Both forms return a `T`. */
function* step<T>(now: () => T, later: () => Promise<T>, kind: StepKind = "file"): Steps<T> {
  return (yield { now, later, kind }) as T;
}

/** The default mode of our files: only the owner may read them, because they hold people's words. */
export const PRIVATE_MODE = 0o600;

/** @param mode of a created file, from which the process's umask is subtracted */
export function openFile(path: string, flags: number, mode: number = PRIVATE_MODE): Steps<number> {
  return step(
    () => fs.openSync(path, flags, mode),
    () => open(path, flags, mode),
  );
}

export function closeFile(fd: number): Steps<void> {
  return step(
    () => fs.closeSync(fd),
    () => close(fd),
  );
}

export function statOpen(fd: number): Steps<BigIntStats> {
  return step(
    () => fs.fstatSync(fd, { bigint: true }),
    () => fstat(fd, { bigint: true }),
  );
}

/** The file at a path; `undefined` if there is none. Links are not followed. */
export function statPath(path: string): Steps<BigIntStats | undefined> {
  return step(
    () => fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }),
    async () => {
      try {
        return await lstat(path, { bigint: true });
      } catch (error) {
        if (faultCode(error) === "ENOENT") return undefined;
        throw error;
      }
    },
  );
}

/** Makes one write call for `pieces` and returns how many bytes were taken. */
export function writeSome(
  fd: number,
  pieces: readonly Buffer[],
  kind: StepKind = "file",
): Steps<number> {
  return step(
    () => fs.writevSync(fd, pieces),
    async () => (await writev(fd, pieces)).bytesWritten,
    kind,
  );
}

/** The most pieces that one call takes on every system. */
const MAX_PIECES = 1000;

/** Writes all `pieces`, even if the system takes them in parts. */
export function* writeAll(fd: number, pieces: readonly Buffer[]): Steps<void> {
  let rest = pieces.filter(({ length }) => length > 0);
  while (rest.length > 0) {
    let written = yield* writeSome(fd, rest.slice(0, MAX_PIECES));
    const whole = rest.findIndex((piece) => {
      if (piece.length > written) return true;
      written -= piece.length;
      return false;
    });
    rest = whole === -1 ? [] : rest.slice(whole);
    if (rest[0] !== undefined) rest[0] = rest[0].subarray(written);
  }
}

/** Waits until a file's content is on the disk. */
export function syncData(fd: number): Steps<void> {
  return step(
    () => fs.fdatasyncSync(fd),
    () => fdatasync(fd),
    "sync",
  );
}

/** The same for content and all metadata of the file. */
export function syncAll(fd: number): Steps<void> {
  return step(
    () => fs.fsyncSync(fd),
    () => fsync(fd),
    "sync",
  );
}

/** Errors of systems that cannot sync a folder, or do not allow it to this process. */
const CANNOT_SYNC_FOLDERS = new Set([
  "EACCES",
  "EINVAL",
  "EISDIR",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
]);

/**
 * Waits until a folder's entries are on the disk, if the system can do that. Throws its other errors:
 * then the entries may not be on the disk, and a retry may help.
 */
export function* syncFolder(directory: string): Steps<void> {
  try {
    const fd = yield* openFile(directory, fs.constants.O_RDONLY);
    try {
      yield* syncAll(fd);
    } finally {
      yield* closeFile(fd);
    }
  } catch (error) {
    // Windows and some network file systems cannot sync a folder, but they keep such changes in order.
    if (!CANNOT_SYNC_FOLDERS.has(faultCode(error) ?? "")) throw error;
  }
}

/** Whether a failed sync means that written data may be lost. */
export function isLossy(error: unknown): boolean {
  return ["EIO", "ENOSPC", "EDQUOT", "ESTALE", "UNKNOWN"].includes(faultCode(error) ?? "");
}

/** Gives the file at `path` a second name. Throws `EEXIST` if that name is taken. */
export function linkFile(path: string, newPath: string): Steps<void> {
  return step(
    () => fs.linkSync(path, newPath),
    () => link(path, newPath),
  );
}

export function renameFile(path: string, newPath: string): Steps<void> {
  return step(
    () => fs.renameSync(path, newPath),
    () => rename(path, newPath),
  );
}

export function removeFile(path: string): Steps<void> {
  return step(
    () => fs.unlinkSync(path),
    () => unlink(path),
  );
}

/** Sets the modification time of a file to now. */
export function touchFile(path: string): Steps<void> {
  const now = new Date();
  return step(
    () => fs.lutimesSync(path, now, now),
    () => lutimes(path, now, now),
  );
}

/** @param fileMode mode of the files in the folder; whoever may read them may enter it */
export function makeFolderStep(path: string, fileMode: number = PRIVATE_MODE): Steps<void> {
  const mode = fileMode | 0o700 | ((fileMode & 0o044) >> 2);
  return step(
    () => void makeFolder(path, mode),
    () => makeFolderLater(path, mode),
  );
}

/** Cleans up after a failure and ignores errors, because the caller gets the failure itself. */
export function* quietly(steps: Steps<unknown>): Steps<void> {
  try {
    yield* steps;
  } catch {
    // Nothing can be done about it, and the leftover is harmless.
  }
}

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

/** Appends to an existing file. It follows no link, and does not wait for a reader of a pipe. */
export const APPEND =
  fs.constants.O_WRONLY |
  fs.constants.O_APPEND |
  // Windows knows neither flag, and has neither danger.
  (fs.constants.O_NOFOLLOW ?? 0) |
  (fs.constants.O_NONBLOCK ?? 0);

/** Creates a file: never over another one, never through a link. */
export const CREATE_NEW = APPEND | fs.constants.O_CREAT | fs.constants.O_EXCL;

/** One call of the file system. Both of its forms give a `T`. */
function* step<T>(now: () => T, later: () => Promise<T>, kind: StepKind = "file"): Steps<T> {
  return (yield { now, later, kind }) as T;
}

/** Who may read what we create unless a setting says otherwise: the owner, since people's words are in it. */
export const PRIVATE_MODE = 0o600;

/** @param mode of a file that is created; what the process's umask forbids is taken from it. */
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

/** What stands at a path; `undefined` when nothing does. Links are not followed. */
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

/** Writes what the system takes of `pieces` in one call, and says how many bytes that is. */
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

/** Pieces that one call may take on every system. */
const MAX_PIECES = 1000;

/** Writes all of `pieces`, also where the system takes them in portions. */
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

/** The same, with everything that is known of the file. */
export function syncAll(fd: number): Steps<void> {
  return step(
    () => fs.fsyncSync(fd),
    () => fsync(fd),
    "sync",
  );
}

/** What systems say that cannot sync a folder, or do not let this process. */
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
 * Waits until a folder's own entries are on the disk, where the system can do that. Throws what
 * else it says: then they may not be there, and another try may help.
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
    // Windows and some network file systems cannot; they order such changes on their own.
    if (!CANNOT_SYNC_FOLDERS.has(faultCode(error) ?? "")) throw error;
  }
}

/** Whether a failed sync means that the disk may not have what was written. */
export function isLossy(error: unknown): boolean {
  return ["EIO", "ENOSPC", "EDQUOT", "ESTALE", "UNKNOWN"].includes(faultCode(error) ?? "");
}

/** Gives what is at `path` a second name. Throws `EEXIST` where something has it. */
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

/** Gives a file a new modification time. */
export function touchFile(path: string): Steps<void> {
  const now = new Date();
  return step(
    () => fs.lutimesSync(path, now, now),
    () => lutimes(path, now, now),
  );
}

/** @param fileMode of the files in it: who may read those may enter it. */
export function makeFolderStep(path: string, fileMode: number = PRIVATE_MODE): Steps<void> {
  const mode = fileMode | 0o700 | ((fileMode & 0o044) >> 2);
  return step(
    () => makeFolder(path, mode),
    () => makeFolderLater(path, mode),
  );
}

/** Tidies up after a failure without a word, because the caller hears of the failure itself. */
export function* quietly(steps: Steps<unknown>): Steps<void> {
  try {
    yield* steps;
  } catch {
    // Nothing can be done about it, and what is left behind is harmless.
  }
}

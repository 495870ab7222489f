import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { describeBytes } from "./describe-bytes.js";
import { faultCode } from "./fault.js";
import { FILE_LIMITS } from "./limits.js";
import { UnreachableFileError, explainUnreachable } from "./unreachable-file.js";

export interface ReadOptions {
  /** Whether the path may be a link. Default: yes. */
  followLinks?: boolean;
}

/** A file is larger than the reader's limit. Nothing of it was read. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";

  constructor(byteCount: number, maxBytes: number) {
    super(`it has ${describeBytes(byteCount)}, and the limit is ${describeBytes(maxBytes)}`);
  }
}

/**
 * Reads a file of at most `maxBytes`, by default `FILE_LIMITS.maxBytes`.
 *
 * Rejects with the system's error, also if it is not a file. Rejects with a `TooLargeError`, before
 * reading, if it is larger. Rejects with an `UnreachableFileError`, and not with `ENOENT`, if the folder
 * has the file but nobody can open it.
 */
export function readRegularFile(
  path: string,
  { maxBytes = FILE_LIMITS.maxBytes, ...options }: ReadOptions & { maxBytes?: number } = {},
): Promise<Buffer> {
  return useRegularFile(path, options, async (handle, byteCount) => {
    if (byteCount > maxBytes) throw new TooLargeError(byteCount, maxBytes);
    return await handle.readFile();
  });
}

/**
 * Reads from a path that may be anything. A pipe is refused, because reading a pipe without a writer
 * never ends.
 *
 * Rejects with the system's error, and if it is not a file. Rejects with an `UnreachableFileError` if
 * the folder has the file but nobody can open it.
 */
export async function useRegularFile<T>(
  path: string,
  options: ReadOptions,
  read: (handle: FileHandle, byteCount: number) => Promise<T>,
): Promise<T> {
  const { followLinks = true } = options;
  // Windows has neither flag.
  const unblocked = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const handle = await open(
    path,
    followLinks ? unblocked : unblocked | (constants.O_NOFOLLOW ?? 0),
  ).catch(async (error: unknown) => {
    const fact = faultCode(error) === "ENOENT" ? await explainUnreachable(path) : undefined;
    throw fact === undefined ? error : new UnreachableFileError(fact, { cause: error });
  });
  try {
    const stats = await handle.stat();
    // Reading a folder gives `EISDIR`, which is a better error.
    if (!stats.isFile() && !stats.isDirectory()) throw new Error("it is not a file");
    return await read(handle, stats.size);
  } finally {
    await handle.close();
  }
}

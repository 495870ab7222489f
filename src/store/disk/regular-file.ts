import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

export interface ReadOptions {
  /** Whether the path may be a link. Default: yes. */
  followLinks?: boolean;
}

/** Reads a file. Rejects with what the system says, and when it is not a file. */
export function readRegularFile(path: string, options: ReadOptions = {}): Promise<Buffer> {
  return useRegularFile(path, options, (handle) => handle.readFile());
}

/**
 * Reads something of a file that may be anything: a pipe that nobody writes to would otherwise
 * never be read to its end.
 *
 * Rejects with what the system says, and when it is not a file.
 */
export async function useRegularFile<T>(
  path: string,
  options: ReadOptions,
  read: (handle: FileHandle, byteCount: number) => Promise<T>,
): Promise<T> {
  const { followLinks = true } = options;
  // Windows knows neither flag.
  const unblocked = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const handle = await open(
    path,
    followLinks ? unblocked : unblocked | (constants.O_NOFOLLOW ?? 0),
  );
  try {
    const stats = await handle.stat();
    // Reading a folder says `EISDIR`, which says more.
    if (!stats.isFile() && !stats.isDirectory()) throw new Error("it is not a file");
    return await read(handle, stats.size);
  } finally {
    await handle.close();
  }
}

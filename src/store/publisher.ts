import { lstat, open, rename, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";

import { CREATE_NEW, identityOf, isSameFile, syncFolder } from "./exclusive-file.js";
import type { FileIdentity } from "./exclusive-file.js";
import { faultCode } from "./fault.js";
import { temporaryPathOf } from "./file-names.js";

export interface PublishOptions {
  /** The file that may be replaced. Any other one at the path is kept aside. */
  replaces: FileIdentity | undefined;
  /** Whether to wait until the file and its folder entry are on the disk. */
  durable: boolean;
}

export interface Published {
  identity: FileIdentity;
  /** Where the file went that stood at the path and was not ours. */
  keptAside?: string;
}

/**
 * Replaces a document as a whole: readers see the old one or the new one. A failure leaves the
 * old one as it is, and nothing beside it.
 *
 * Rejects with what the file system says.
 */
export async function publishDocument(
  path: string,
  pieces: readonly Buffer[],
  { replaces, durable }: PublishOptions,
): Promise<Published> {
  const temporary = temporaryPathOf(path);
  const handle = await open(temporary, CREATE_NEW, 0o666);
  try {
    let identity: FileIdentity;
    try {
      await writePieces(handle, pieces);
      if (durable) await handle.sync();
      identity = identityOf(await handle.stat({ bigint: true }));
    } finally {
      await handle.close();
    }
    const keptAside = await keepForeignFileAside(path, replaces);
    await rename(temporary, path);
    if (durable) await syncFolder(dirname(path));
    return { identity, ...(keptAside !== undefined && { keptAside }) };
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function writePieces(handle: FileHandle, pieces: readonly Buffer[]): Promise<void> {
  let rest = [...pieces];
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest);
    const whole = rest.findIndex((piece) => {
      if (piece.length > bytesWritten) return true;
      bytesWritten -= piece.length;
      return false;
    });
    if (whole === -1) return;
    rest = rest.slice(whole);
    rest[0] = rest[0]!.subarray(bytesWritten);
  }
}

/** Which file stands at a path; `undefined` when there is none. Links are not followed. */
export async function identify(path: string): Promise<FileIdentity | undefined> {
  try {
    return identityOf(await lstat(path, { bigint: true }));
  } catch (error) {
    if (faultCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function keepForeignFileAside(
  path: string,
  ours: FileIdentity | undefined,
): Promise<string | undefined> {
  const found = await identify(path);
  if (found === undefined || isSameFile(found, ours)) return undefined;
  const aside = await findFreePath((n) => `${path}.edited-${n}`);
  await rename(path, aside);
  return basename(aside);
}

/** The first path of a numbered row at which nothing stands. */
export async function findFreePath(pathAt: (n: number) => string): Promise<string> {
  for (let n = 1; ; n += 1) {
    const path = pathAt(n);
    if ((await identify(path)) === undefined) return path;
  }
}

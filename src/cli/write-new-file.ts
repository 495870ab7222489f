import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, link, open, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../platform/message-of.js";

/** Pieces are gathered up to this size, so that short lines are not written one by one. */
const WRITTEN_AT_ONCE = 256 * 1024;
/** What a call holds is as private as the call's own file. */
const OWNER_ONLY = 0o600;

/**
 * Writes a file as a whole: after a failure or Ctrl-C there is none, and an old one is unchanged. A
 * device or a named pipe gets the pieces directly. Without any pieces nothing is written.
 *
 * @param isForced whether a file of this name may be replaced
 * @returns how many bytes were written
 * @throws {Error} if it cannot be written, and the error of `pieces`
 */
export async function writeNewFile(
  path: string,
  pieces: AsyncIterable<string | Uint8Array>,
  isForced: boolean,
): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) return await writeInto(path, pieces);
  if (found !== undefined && !isForced) throw mayNotReplace(path);
  const temporary = join(dirname(path), `.talktrace-${randomUUID()}.tmp`);
  const giveUp = (): void => {
    rmSync(temporary, { force: true });
    process.exit(130);
  };
  process.once("SIGINT", giveUp).once("SIGTERM", giveUp);
  try {
    const handle = await guard(path, open(temporary, "wx", OWNER_ONLY));
    let bytes;
    try {
      bytes = await writePieces(path, handle, pieces);
      await guard(path, handle.sync());
    } finally {
      await handle.close();
    }
    if (bytes > 0)
      await guard(path, isForced ? rename(temporary, path) : moveToNew(temporary, path));
    return bytes;
  } finally {
    rmSync(temporary, { force: true });
    process.off("SIGINT", giveUp).off("SIGTERM", giveUp);
  }
}

async function writeInto(
  path: string,
  pieces: AsyncIterable<string | Uint8Array>,
): Promise<number> {
  const handle = await guard(path, open(path, "w"));
  try {
    return await writePieces(path, handle, pieces);
  } finally {
    await handle.close();
  }
}

async function writePieces(
  path: string,
  handle: FileHandle,
  pieces: AsyncIterable<string | Uint8Array>,
): Promise<number> {
  let bytes = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const write = async (): Promise<void> => {
    const data = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    bytes += data.length;
    await guard(path, handle.appendFile(data));
  };
  for await (const piece of pieces) {
    const data = typeof piece === "string" ? Buffer.from(piece) : piece;
    waiting.push(data);
    waitingBytes += data.length;
    if (waitingBytes >= WRITTEN_AT_ONCE) await write();
  }
  if (waitingBytes > 0) await write();
  return bytes;
}

/** Gives a file its name only if there is none of that name, even if one came this moment. */
async function moveToNew(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
    await unlink(temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw mayNotReplace(path);
    // Some file systems have no links.
    if ((await stat(path).catch(() => undefined)) !== undefined) throw mayNotReplace(path);
    await rename(temporary, path);
  }
}

function mayNotReplace(path: string): Error {
  return new Error(`Cannot write "${path}": there is such a file; --force replaces it`);
}

async function guard<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Cannot write ")) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new Error(
      `Cannot write "${path}": ${isMissing ? "there is no such folder" : messageOf(error)}`,
      { cause: error },
    );
  }
}

import type { Stats } from "node:fs";
import { lstat, open, readlink } from "node:fs/promises";
import { join } from "node:path";
import { faultCode } from "../disk/fault.js";
import {
  conversationOfFile,
  isConversationName,
  isLeftOver,
  isSoundFile,
  shareBeginning,
} from "../disk/file-names.js";
import { readFileNames } from "../read/read-file-names.js";

/** A file of a call. */
export interface CallFile {
  fileName: string;
  path: string;
  stats: Stats;
  /** Where it leads to, if it is a symbolic link. */
  leadsTo: string | undefined;
}

export interface CallFilesOptions {
  /** The session's id, by which a file is found that was set aside under a neighbouring name. */
  sessionId?: string | undefined;
  /** Only the files that hold sound or its loudness. */
  soundOnly?: boolean | undefined;
}

/** How much of a file is searched at once. */
const PIECE_BYTES = 1024 * 1024;

/**
 * The files of a call in a folder: document, journals, text log, tags, levels, sound, what was set aside,
 * and what a killed process left half written. Journals come first, because a journal that outlived its
 * document would restore it.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function findCallFiles(
  directory: string,
  name: string,
  { sessionId, soundOnly = false }: CallFilesOptions = {},
): Promise<CallFile[]> {
  const files: CallFile[] = [];
  for (const fileName of await readFileNames(directory)) {
    if (soundOnly && !isSoundFile(fileName)) continue;
    const path = join(directory, fileName);
    if (!isOfCall(fileName, name)) {
      if (sessionId === undefined || !isNeighbour(fileName, name)) continue;
      if (!(await mentions(path, JSON.stringify(sessionId)))) continue;
    }
    const file = await look(fileName, path);
    if (file !== undefined) files.push(file);
  }
  const rank = ({ fileName }: CallFile): number => (fileName.includes(".journal") ? 0 : 1);
  return files.toSorted((a, b) => rank(a) - rank(b));
}

/**
 * The names of all calls of a folder, also of those of which only a file is left that was set aside.
 * Only names that TalkTrace gives are among them.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function nameCallsWithFiles(directory: string): Promise<string[]> {
  const names = (await readFileNames(directory)).flatMap(
    (fileName) => conversationOfFile(fileName) ?? [],
  );
  return [...new Set(names)].toSorted();
}

function isOfCall(fileName: string, name: string): boolean {
  if (isConversationName(name)) return conversationOfFile(fileName) === name;
  // A file with a name of somebody's own: TalkTrace makes nothing but tags beside it.
  const own = fileName.startsWith(".") ? fileName.slice(1) : fileName;
  if (!own.startsWith(`${name}.`)) return false;
  const rest = own.slice(name.length);
  if (own === fileName) return /^\.(?:json|tags\.json|tags\.json\.edited-\d+)$/.test(rest);
  return /^\.tags\.json\.\d+-[0-9a-f]{8}\.tmp$/.test(rest);
}

/** Whether a file was set aside under a name that differs from the call's only in its suffix. */
function isNeighbour(fileName: string, name: string): boolean {
  const other = conversationOfFile(fileName);
  return other !== undefined && isLeftOver(fileName) && shareBeginning(other, name);
}

async function look(fileName: string, path: string): Promise<CallFile | undefined> {
  try {
    const stats = await lstat(path);
    const leadsTo = stats.isSymbolicLink() ? await readlink(path) : undefined;
    return { fileName, path, stats, leadsTo };
  } catch (error) {
    if (faultCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether a file has a text in it. A file that cannot be read has not, as far as anybody can tell. */
async function mentions(path: string, text: string): Promise<boolean> {
  for await (const piece of readPieces(path, Buffer.byteLength(text)))
    if (piece.includes(text)) return true;
  return false;
}

/**
 * The content of a file in pieces. Each one begins with the last bytes of the one before, so that what
 * has at most `overlapBytes` is whole in one of them. Empty if the file cannot be read or is no file.
 */
export async function* readPieces(path: string, overlapBytes: number): AsyncGenerator<Buffer> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true) return;
  const handle = await open(path, "r").catch(() => undefined);
  if (handle === undefined) return;
  try {
    let kept = Buffer.alloc(0);
    for (let from = 0; ;) {
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(PIECE_BYTES),
        0,
        PIECE_BYTES,
        from,
      );
      if (bytesRead === 0) return;
      from += bytesRead;
      const piece = Buffer.concat([kept, buffer.subarray(0, bytesRead)]);
      yield piece;
      kept = piece.subarray(Math.max(0, piece.length - overlapBytes));
    }
  } catch {
    // The disk does not give the rest, which tells nothing then.
  } finally {
    await handle.close();
  }
}

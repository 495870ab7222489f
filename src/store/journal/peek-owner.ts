import type { FileHandle } from "node:fs/promises";
import type { Owner } from "../../platform/owner.js";
import { STORE_LIMITS } from "../disk/limits.js";
import { useRegularFile } from "../disk/regular-file.js";
import type { OpenOperation } from "../document/operations.js";
import { JOURNAL_VERSION, decodeLine } from "./journal-line.js";

/**
 * How much is read at first, because the first line nearly always fits. Each retry reads four times as
 * much.
 */
const HEAD_BYTES = 16 * 1024;
/** How much of the end is read, to find a `release`. */
const TAIL_BYTES = 1024;
const LINE_FEED = 0x0a;
const RELEASE = '"op":"release"';

/**
 * The process that writes a journal, without reading the whole file. It is called at each start for
 * every living conversation of a folder. `undefined` if the owner may have released the journal, or if
 * only the whole journal tells.
 *
 * Rejects with the system's error, and if it is not a file.
 */
export function peekOwner(path: string): Promise<Owner | undefined> {
  return useRegularFile(path, { followLinks: false }, async (handle, byteCount) => {
    const opening = await readOpening(handle, byteCount);
    if (opening === undefined) return undefined;
    const tailBytes = Math.min(TAIL_BYTES, byteCount);
    const tail = await readAt(handle, byteCount - tailBytes, tailBytes);
    return tail.includes(RELEASE) ? undefined : opening.owner;
  });
}

/**
 * The first line of a journal, which names its owner and session, without reading the rest. `undefined`
 * if it is damaged or of another version.
 *
 * Rejects with the system's error, and if it is not a file.
 */
export function peekOpening(path: string): Promise<OpenOperation | undefined> {
  return useRegularFile(path, { followLinks: false }, readOpening);
}

async function readOpening(
  handle: FileHandle,
  byteCount: number,
): Promise<OpenOperation | undefined> {
  const most = Math.min(byteCount, STORE_LIMITS.maxLineBytes);
  for (let headBytes = Math.min(HEAD_BYTES, most); ; headBytes = Math.min(4 * headBytes, most)) {
    const head = await readAt(handle, 0, headBytes);
    const feed = head.indexOf(LINE_FEED);
    if (feed === -1 && headBytes < most) continue;
    const line = feed === -1 ? undefined : decodeLine(head.subarray(0, feed));
    return line?.op === "open" && line.journal === JOURNAL_VERSION ? line : undefined;
  }
}

async function readAt(handle: FileHandle, position: number, byteCount: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(byteCount), 0, byteCount, position);
  return buffer.subarray(0, bytesRead);
}

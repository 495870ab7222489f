import type { FileHandle } from "node:fs/promises";
import type { Owner } from "../../platform/owner.js";
import { useRegularFile } from "../disk/regular-file.js";
import { JOURNAL_VERSION, decodeLine } from "./journal-line.js";

/** How much of the first line is read, and how much of the end, where the release may be. */
const HEAD_BYTES = 16 * 1024;
const TAIL_BYTES = 1024;
const LINE_FEED = 0x0a;
const RELEASE = '"op":"release"';

/**
 * Who writes a journal, without reading all of it: those of a folder's living conversations are
 * asked at each start. `undefined` where the owner may have let go of it, and where only the whole
 * journal tells.
 *
 * Rejects with what the system says, and when it is not a file.
 */
export function peekOwner(path: string): Promise<Owner | undefined> {
  return useRegularFile(path, { followLinks: false }, async (handle, byteCount) => {
    const head = await readAt(handle, 0, Math.min(HEAD_BYTES, byteCount));
    const feed = head.indexOf(LINE_FEED);
    const line = feed === -1 ? undefined : decodeLine(head.subarray(0, feed));
    if (line?.op !== "open" || line.journal !== JOURNAL_VERSION) return undefined;
    const tailBytes = Math.min(TAIL_BYTES, byteCount);
    const tail = await readAt(handle, byteCount - tailBytes, tailBytes);
    return tail.includes(RELEASE) ? undefined : line.owner;
  });
}

async function readAt(handle: FileHandle, position: number, byteCount: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(byteCount), 0, byteCount, position);
  return buffer.subarray(0, bytesRead);
}

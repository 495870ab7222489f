import { isAscii } from "node:buffer";
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { type Conversation, parseWithoutWords } from "../../record/index.js";
import { FILE_LIMITS } from "../disk/limits.js";
import { NOT_UTF8 } from "../disk/unreachable-file.js";

/**
 * Reads a finished conversation, by the path of its JSON file, if the file alone has all of it.
 * Undefined in every other case: the session is open, a journal is beside the file, or the file cannot
 * be read or is no conversation. `readConversation()` then has the answer, or the reason. The words of
 * messages that were heard as a whole are left out, as by `parseWithoutWords()`.
 *
 * It blocks, and so takes a third less time than `readConversation()`. A thread that reads thousands of
 * calls has nothing else to do meanwhile.
 */
export function readFinishedConversation(path: string): Conversation | undefined {
  // A journal of this name may have bytes that are not UTF-8, and then its path does not find it.
  if (path.includes(NOT_UTF8)) return undefined;
  let text: string | undefined;
  try {
    text = readText(path);
  } catch {
    return undefined;
  }
  const conversation = text === undefined ? undefined : parseWithoutWords(text, path);
  if (conversation === undefined) return undefined;
  // A session that was open has a line of its journal until it is published for the last time.
  const isFinal =
    conversation.session.status !== "open" && conversation.integrity.line === undefined;
  return isFinal && !hasEntry(path.replace(/\.json$/, ".journal")) ? conversation : undefined;
}

/** Files of one thread are read into the same bytes, one after the other. */
let bytes = Buffer.allocUnsafeSlow(1024 * 1024);

/** Undefined if it is no file, is too large, or changes its size. */
function readText(path: string): string | undefined {
  // Opening a pipe without a writer would never end. Windows does not have the flag.
  const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile() || stats.size > FILE_LIMITS.maxBytes) return undefined;
    // Larger files have bytes of their own, so that these do not stay as large as the largest.
    const into =
      stats.size < LARGEST_KEPT ? keepBytes(stats.size) : Buffer.allocUnsafeSlow(stats.size + 1);
    let length = 0;
    for (;;) {
      const count = readSync(fd, into, length, stats.size + 1 - length, null);
      if (count === 0) break;
      length += count;
      if (length > stats.size) return undefined;
    }
    if (length < stats.size) return undefined;
    // Decoding ASCII as Latin-1 is a copy.
    const read = into.subarray(0, length);
    return read.toString(isAscii(read) ? "latin1" : "utf8");
  } finally {
    closeSync(fd);
  }
}

const LARGEST_KEPT = 8 * 1024 * 1024;

function keepBytes(size: number): Buffer {
  if (bytes.length <= size) bytes = Buffer.allocUnsafeSlow(2 * size);
  return bytes;
}

function hasEntry(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

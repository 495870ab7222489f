import { open } from "node:fs/promises";
import { join } from "node:path";
import { isConversationFile } from "../disk/file-names.js";
import { readFileNames } from "./read-file-names.js";

/** What the head of a document tells, without reading all of it. */
export interface DocumentHead {
  /** The file's name without its ending. */
  name: string;
  sessionId: string;
  /** The SHA-256 of the file from which it was imported; undefined if it was recorded here. */
  importedSha256: string | undefined;
}

/** Enough for the id and the source, which come first in a document. */
const HEAD_BYTES = 16 * 1024;
/** The beginning of a document as TalkTrace lays it out. */
const HEAD =
  /^\{\s*"format": \d+,\s*"session": \{\s*"id": (?<id>"(?:[^"\\]|\\.)*")(?<rest>,\s*"imported_from": \{[^]*)?/;
const SHA256 = /^[^}]*?"sha256": "(?<sha256>[0-9a-f]{64})"/;

/**
 * The heads of a folder's documents. A document that TalkTrace did not lay out is left out, and so is one
 * that cannot be read.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function listDocumentHeads(directory: string): Promise<DocumentHead[]> {
  const heads: DocumentHead[] = [];
  for (const fileName of await readFileNames(directory)) {
    if (!isConversationFile(fileName)) continue;
    const found = HEAD.exec(await readHead(join(directory, fileName)))?.groups;
    if (found === undefined) continue;
    const { id = '""', rest = "" } = found;
    const sha256 = SHA256.exec(rest)?.groups?.["sha256"];
    const name = fileName.slice(0, -".json".length);
    heads.push({ name, sessionId: JSON.parse(id) as string, importedSha256: sha256 });
  }
  return heads;
}

async function readHead(path: string): Promise<string> {
  try {
    const handle = await open(path, "r");
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
      await handle.close();
    }
  } catch {
    return "";
  }
}

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
/**
 * Enough for the longest name in a ZIP, as the id and as the file: 65,535 bytes, and JSON writes each as at
 * most six.
 */
const LONG_HEAD_BYTES = 1024 * 1024;
/** The beginning of a document as TalkTrace lays it out. */
const HEAD =
  /^\{\s*"format": \d+,\s*"session": \{\s*"id": (?<id>"[^"\\]*(?:\\.[^"\\]*)*")(?<rest>,\s*"imported_from": \{[^]*)?/;
/** The source's texts up to its hash. A file's name may have any sign, so strings are matched whole. */
const SHA256 =
  /^,\s*"imported_from": \{(?:\s*"[^"\\]*(?:\\.[^"\\]*)*": "[^"\\]*(?:\\.[^"\\]*)*",)*?\s*"sha256": "(?<sha256>[0-9a-f]{64})"/;

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
    const path = join(directory, fileName);
    let facts = readFacts(await readStart(path, HEAD_BYTES));
    if (facts === undefined || facts.isCut)
      facts = readFacts(await readStart(path, LONG_HEAD_BYTES));
    if (facts === undefined) continue;
    const { sessionId, importedSha256 } = facts;
    heads.push({ name: fileName.slice(0, -".json".length), sessionId, importedSha256 });
  }
  return heads;
}

/** `isCut`: a source begins, and its hash was not found. */
function readFacts(
  start: string,
): (Pick<DocumentHead, "sessionId" | "importedSha256"> & { isCut: boolean }) | undefined {
  const found = HEAD.exec(start)?.groups;
  if (found === undefined) return undefined;
  const { id = '""', rest } = found;
  const importedSha256 = rest === undefined ? undefined : SHA256.exec(rest)?.groups?.["sha256"];
  const isCut = rest !== undefined && importedSha256 === undefined;
  return { sessionId: JSON.parse(id) as string, importedSha256, isCut };
}

async function readStart(path: string, bytes: number): Promise<string> {
  try {
    const handle = await open(path, "r");
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
      await handle.close();
    }
  } catch {
    return "";
  }
}

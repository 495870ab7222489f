import { lstat, open, rename } from "node:fs/promises";
import { basename, join } from "node:path";

import { parseConversation, RecordError } from "../../record/index.js";
import { findFreePath } from "../disk/exclusive-file.js";
import { isOwnDocument, pathsOf } from "../disk/file-names.js";
import { FILE_LIMITS } from "../disk/limits.js";
import { TooLargeError, readRegularFile } from "../disk/regular-file.js";
import { restoreDocument } from "./restore.js";
import { runLater } from "../disk/steps.js";

/** The result for a document whose journal is unreadable or missing. */
export type OrphanOutcome =
  | { outcome: "recovered"; path: string; messages: number; problem: string }
  | { outcome: "set_aside"; path: string; problem: string };

/** Older files are not looked at again at each recovery. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;
/** A line of a file whose session is over. It is near the beginning; older versions had it near the end. */
const IS_OVER = /^ {4}"status": "(?:complete|recovered)"/m;
const HEAD_BYTES = 64 * 1024;
const TAIL_BYTES = 16 * 1024;

/**
 * Completes an open document from its own content. Sets a document aside that is not even JSON, as
 * after a power failure. Any other document stays as it is.
 *
 * Rejects with the file system's error.
 */
export async function recoverDocument(
  directory: string,
  name: string,
  maxBytes: number,
): Promise<OrphanOutcome | undefined> {
  const path = pathsOf(directory, name).json;
  const fileName = basename(path);
  const flaw = await findFlaw(path, maxBytes);
  if (flaw !== undefined) {
    const aside = await runLater(findFreePath((n) => `${path}.damaged${n > 1 ? `-${n}` : ""}`));
    await rename(path, aside);
    const problem = `Cannot recover "${fileName}": ${flaw}, and no journal tells more; it is kept as "${aside}"`;
    return { outcome: "set_aside", path: aside, problem };
  }
  const messages = await restoreDocument(path, maxBytes);
  if (messages === undefined) return undefined;
  const problem = `"${fileName}" was completed from what it holds: no journal tells more`;
  return { outcome: "recovered", path, messages, problem };
}

/** The names of documents without a journal that have not changed lately and whose session is not over. */
export async function findOrphanDocuments(
  directory: string,
  journaled: ReadonlySet<string>,
  fileNames: readonly string[],
  quietMs: number,
): Promise<string[]> {
  const orphans: string[] = [];
  for (const fileName of fileNames) {
    const name = fileName.slice(0, -".json".length);
    if (!isOwnDocument(fileName) || journaled.has(name)) continue;
    const path = join(directory, fileName);
    if ((await isQuiet(path, quietMs)) && !(await isOver(path).catch(() => true))) {
      orphans.push(name);
    }
  }
  return orphans;
}

async function isQuiet(path: string, quietMs: number): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isFile() !== true) return false;
  // The file system's times have fractions of milliseconds.
  const ageMs = Date.now() - Math.floor(stats.mtimeMs);
  return ageMs >= quietMs && ageMs < MAX_AGE_MS;
}

async function isOver(path: string): Promise<boolean> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    await handle.read(head, 0, head.length, 0);
    if (IS_OVER.test(head.toString("utf8"))) return true;
    const tail = Buffer.alloc(Math.min(TAIL_BYTES, size));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return IS_OVER.test(tail.toString("utf8"));
  } finally {
    await handle.close();
  }
}

/** Why nobody can read a document; undefined if it can be read, or is no file at all. */
async function findFlaw(path: string, maxBytes: number): Promise<string | undefined> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  if (stats.size > FILE_LIMITS.maxBytes)
    return new TooLargeError(stats.size, FILE_LIMITS.maxBytes).message;
  const bytes = await readRegularFile(path, { followLinks: false, maxBytes });
  try {
    parseConversation(bytes.toString("utf8"), path);
    return undefined;
  } catch (error) {
    const isTorn = error instanceof RecordError && error.code === "NOT_JSON";
    return isTorn ? "it is not whole" : undefined;
  }
}

import { lstat, unlink } from "node:fs/promises";
import { join } from "node:path";

import { toAbsolute } from "../../platform/absolute-path.js";
import { DAY_MS } from "../../platform/keep-days.js";
import { describeFault, faultCode } from "../disk/fault.js";
import {
  INDEX_FILE_NAME,
  beginningInName,
  conversationOfFile,
  parseClaim,
  pathsOf,
} from "../disk/file-names.js";
import { FILE_LIMITS, STORE_LIMITS } from "../disk/limits.js";
import { readFileNames } from "../read/read-file-names.js";
import { mayBeLeft } from "./inspect-journal.js";

export interface RetentionOptions {
  /** How many days a conversation is kept after its beginning. */
  keepDays: number;
  /** See `StoreLimits`. */
  foreignQuietMs?: number;
  /** The present time in milliseconds since 1970, for tests. */
  nowMs?: number;
}

export interface Removal {
  /** Conversations of which files were removed. */
  conversations: number;
  files: number;
  /** Why something could not be removed; the first reason if there are several. */
  problem?: string;
}

/** A process that writes a conversation touches its journal every half minute. */
const QUIET_MS = 3_600_000;

/**
 * Removes conversations that began more than `keepDays` ago, by the time in their names: the document,
 * its journal, its text log, files that were set aside, and the files beside it (`.tags.json`,
 * `.levels`, `.ogg`). Only names that TalkTrace gives are considered. A conversation stays if somebody
 * writes it, or may write it, or wrote to it within the last hour.
 *
 * The folder's indexes are removed too if a conversation was, because they have its words. The next
 * command that reads the folder makes them anew.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function removeOldConversations(
  directory: string,
  { keepDays, foreignQuietMs, nowMs = Date.now() }: RetentionOptions,
): Promise<Removal> {
  const folder = toAbsolute(directory);
  const oldestMs = nowMs - keepDays * DAY_MS;
  const removal: Removal = { conversations: 0, files: 0 };
  const allNames = await readFileNames(folder);
  for (const [name, fileNames] of findOld(allNames, oldestMs)) {
    try {
      const limits = { foreignQuietMs: foreignQuietMs ?? STORE_LIMITS.foreignQuietMs };
      if (await mayBeOpen(folder, name, fileNames, { ...limits, nowMs })) continue;
      let files = 0;
      for (const fileName of inOrderOfRemoval(fileNames)) {
        if (await removeOwn(join(folder, fileName))) files += 1;
      }
      removal.files += files;
      if (files > 0) removal.conversations += 1;
    } catch (error) {
      removal.problem ??= `Cannot remove "${join(folder, name)}", which is older than ${keepDays} days: ${describeFault(error)}`;
    }
  }
  if (removal.files > 0) await removeIndexes(folder, allNames, removal);
  return removal;
}

async function removeIndexes(
  folder: string,
  fileNames: readonly string[],
  removal: Removal,
): Promise<void> {
  for (const fileName of fileNames) {
    if (!fileName.startsWith(INDEX_FILE_NAME)) continue;
    const path = join(folder, fileName);
    try {
      await removeOwn(path);
    } catch (error) {
      removal.problem ??= `Cannot remove index "${path}", which has words of removed conversations: ${describeFault(error)}`;
    }
  }
}

/** One line about what was removed; undefined if nothing was. */
export function describeRemoval(
  { conversations, files }: Removal,
  spoolFiles: number,
  keepDays: number,
): string | undefined {
  if (files + spoolFiles === 0) return undefined;
  const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  const what = [
    ...(files > 0 ? [`${count(conversations, "conversation")} (${count(files, "file")})`] : []),
    ...(spoolFiles > 0 ? [`${count(spoolFiles, "file")} of spans`] : []),
  ].join(" and ");
  const days = keepDays === 1 ? "day" : "days";
  return `Removed ${what} that began more than ${keepDays} ${days} ago (TALKTRACE_KEEP_DAYS)`;
}

/** The files of each conversation that is too old. */
function findOld(fileNames: readonly string[], oldestMs: number): Map<string, string[]> {
  const old = new Map<string, string[]>();
  for (const fileName of fileNames) {
    const name = conversationOfFile(fileName);
    if (name === undefined) continue;
    const beganMs = beginningInName(name);
    // A conversation gets a name without a date if its start cannot be read.
    if (beganMs === undefined || beganMs >= oldestMs) continue;
    const files = old.get(name);
    if (files === undefined) old.set(name, [fileName]);
    else files.push(fileName);
  }
  return old;
}

async function mayBeOpen(
  folder: string,
  name: string,
  fileNames: readonly string[],
  { foreignQuietMs, nowMs }: { foreignQuietMs: number; nowMs: number },
): Promise<boolean> {
  const { json, journal } = pathsOf(folder, name);
  for (const fileName of fileNames) {
    const path = join(folder, fileName);
    const claim = parseClaim(fileName);
    if (path !== json && path !== journal && claim === undefined) continue;
    const stats = await lstat(path).catch(() => undefined);
    if (stats !== undefined && nowMs - stats.mtimeMs < QUIET_MS) return true;
    if (path === json || stats === undefined) continue;
    const found = { path, json, claimant: claim?.claimant };
    if (!(await mayBeLeft(found, { foreignQuietMs, maxBytes: FILE_LIMITS.maxBytes }))) return true;
  }
  return false;
}

/** Journals come first, because a journal that outlived its document would restore it. */
function inOrderOfRemoval(fileNames: readonly string[]): string[] {
  const rank = (fileName: string): number => (fileName.includes(".journal") ? 0 : 1);
  return fileNames.toSorted((a, b) => rank(a) - rank(b));
}

/** Returns whether the path was a file, which is removed. */
async function removeOwn(path: string): Promise<boolean> {
  try {
    if (!(await lstat(path)).isFile()) return false;
    await unlink(path);
    return true;
  } catch (error) {
    if (faultCode(error) === "ENOENT") return false;
    throw error;
  }
}

import { lstat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { toAbsolute } from "../../platform/absolute-path.js";
import { describeFault, faultCode, findWayOut } from "../disk/fault.js";
import { isConversationName, parseClaim, pathsOf } from "../disk/file-names.js";
import { syncFolder } from "../disk/file-steps.js";
import { FILE_LIMITS, STORE_LIMITS } from "../disk/limits.js";
import { runLater } from "../disk/steps.js";
import {
  type InspectedJournal,
  type InspectionLimits,
  type JournalStatus,
  inspectJournal,
} from "../recover/inspect-journal.js";
import { LockHeldError, withLock } from "../sidecar/folder-lock.js";
import { type CallFile, findCallFiles } from "./call-files.js";
import { type CallIds, readCallIds } from "./call-ids.js";

export interface ForgetOptions {
  /** Only the files that hold sound or its loudness. Default: all files. */
  soundOnly?: boolean | undefined;
  /** See `StoreLimits`. */
  foreignQuietMs?: number | undefined;
}

/** What is known of a call before anything of it is deleted. */
export interface CallToForget extends CallIds {
  directory: string;
  name: string;
  /** Whether there is such a call. */
  exists: boolean;
  /** What would be deleted. */
  files: CallFile[];
  /** Why it must stay: it goes on, or may go on. */
  inUse: string | undefined;
}

/** What became of a call's files. */
export interface ForgottenFiles {
  /** The names of the files that were deleted. */
  deleted: string[];
  bytes: number;
  /** Why something of the call is still there, one sentence for each fact. */
  left: string[];
}

/** A recovery may put a file there while its call is deleted. So the folder is read again. */
const MOST_ROUNDS = 3;
/** Errors after which a lock file cannot be made, although files can be deleted. */
const NO_ROOM = new Set(["ENOSPC", "EDQUOT"]);

/**
 * Looks at a call. A file with a name that TalkTrace does not give counts only if it is a conversation,
 * because it may be anybody's.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function lookAtCall(
  directory: string,
  name: string,
  options: ForgetOptions = {},
): Promise<CallToForget> {
  const folder = toAbsolute(directory);
  const own = await findCallFiles(folder, name);
  const ids = await readCallIds(folder, name, own);
  const isForeign = !isConversationName(name) && ids.status === undefined;
  if (own.length === 0 || isForeign)
    return { directory: folder, name, ...ids, exists: false, files: [], inUse: undefined };
  return {
    directory: folder,
    name,
    ...ids,
    exists: true,
    files: await findOf(folder, name, ids, options),
    inUse: await explainUse(folder, name, ids, own, options),
  };
}

/**
 * Deletes the files of a call that nobody writes. Whoever changes its tags is waited for. What cannot be
 * deleted, or lives on under another name, is told in `left`.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function forgetCall(
  { directory, name, ...ids }: CallToForget,
  options: ForgetOptions = {},
): Promise<ForgottenFiles> {
  const outcome: ForgottenFiles = { deleted: [], bytes: 0, left: [] };
  const work = () => deleteFiles(directory, name, ids, options, outcome);
  try {
    await withLock(directory, `.${name}.tags.lock`, work).catch(async (error: unknown) => {
      if (!NO_ROOM.has(faultCode(error) ?? "")) throw error;
      await work();
    });
  } catch (error) {
    if (error instanceof LockHeldError)
      outcome.left.push(`${error.message}; try again when it has finished`);
    else if (faultCode(error) === undefined) throw error;
    else outcome.left.push(`it cannot be deleted: ${describeFault(error)}; ${findWayOut(error)}`);
  }
  return outcome;
}

/** Waits until deletions in a folder are on the disk. Rejects with the file system's error. */
export async function syncDeletions(directory: string): Promise<void> {
  await runLater(syncFolder(toAbsolute(directory)));
}

async function deleteFiles(
  directory: string,
  name: string,
  ids: CallIds,
  options: ForgetOptions,
  outcome: ForgottenFiles,
): Promise<void> {
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    // Another process may claim a journal at this moment. So journals go first, and are looked for again.
    for (const isJournal of [true, false]) {
      const files = await findOf(directory, name, ids, options);
      if (files.length === 0) return;
      const own = options.soundOnly === true ? await findCallFiles(directory, name) : files;
      const inUse = await explainUse(directory, name, ids, own, options);
      if (inUse !== undefined) {
        outcome.left.push(inUse);
        return;
      }
      const wanted = isJournal
        ? files.filter(({ fileName }) => fileName.includes(".journal"))
        : files;
      if (await deleteThese(wanted, files, outcome)) return;
    }
  }
  const files = await findOf(directory, name, ids, options);
  if (files.length > 0) outcome.left.push("its files come back as soon as they are deleted");
}

/** Returns whether something stays, so that a further round would not help. */
async function deleteThese(
  wanted: readonly CallFile[],
  files: readonly CallFile[],
  outcome: ForgottenFiles,
): Promise<boolean> {
  let wasRefused = false;
  for (const file of wanted) {
    const { fileName, path, stats, leadsTo } = file;
    if (!stats.isFile() && leadsTo === undefined) {
      outcome.left.push(`"${fileName}" is no file, so it stays`);
      wasRefused = true;
      continue;
    }
    try {
      await unlink(path);
    } catch (error) {
      // Another process deleted it, which is just as good.
      if (faultCode(error) === "ENOENT") continue;
      outcome.left.push(
        `"${fileName}" cannot be deleted: ${describeFault(error)}; ${findWayOut(error)}`,
      );
      wasRefused = true;
      continue;
    }
    outcome.deleted.push(fileName);
    if (leadsTo === undefined) outcome.bytes += stats.size;
    outcome.left.push(...describeOtherNames(file, files));
  }
  return wasRefused;
}

/** What lives on after a file's name is gone. */
function describeOtherNames(
  { fileName, stats, leadsTo }: CallFile,
  files: readonly CallFile[],
): string[] {
  if (leadsTo !== undefined) return [`"${fileName}" was a link to "${leadsTo}", which stays`];
  const names = files.filter(({ stats: { dev, ino } }) => dev === stats.dev && ino === stats.ino);
  if (stats.nlink <= names.length || names[0]?.fileName !== fileName) return [];
  return [`"${fileName}" has another name elsewhere (a hard link), under which it stays`];
}

async function findOf(
  directory: string,
  name: string,
  { sessionIds }: CallIds,
  { soundOnly }: ForgetOptions,
): Promise<CallFile[]> {
  const sessionId = sessionIds.length === 1 ? sessionIds[0] : undefined;
  return await findCallFiles(directory, name, { sessionId, soundOnly });
}

/** Why a call goes on, or may go on; undefined if it is over. */
async function explainUse(
  directory: string,
  name: string,
  { status }: CallIds,
  files: readonly CallFile[],
  { foreignQuietMs = STORE_LIMITS.foreignQuietMs }: ForgetOptions,
): Promise<string | undefined> {
  if (!isConversationName(name)) return undefined;
  const { json, journal } = pathsOf(directory, name);
  const limits = { foreignQuietMs, maxBytes: FILE_LIMITS.maxBytes };
  let hasJournal = false;
  for (const { fileName, path } of files) {
    const claim = parseClaim(fileName);
    if (path !== journal && claim === undefined) continue;
    hasJournal = true;
    const found = { path: join(directory, fileName), json, claimant: claim?.claimant };
    const owner = await readStatus(found, limits);
    if (owner === "alive" || owner === "recent")
      return "it goes on, or is being recovered; try again when it is over";
    if (owner === "unsupported")
      return "a newer version of TalkTrace wrote its journal; update TalkTrace";
  }
  if (hasJournal || status !== "open") return undefined;
  const stats = await lstat(json).catch(() => undefined);
  const isRecent = stats !== undefined && Date.now() - stats.mtimeMs < foreignQuietMs;
  return isRecent ? "it is open and was written to a moment ago; try again later" : undefined;
}

/** Undefined if the journal is gone, or cannot be read at all. */
async function readStatus(
  journal: InspectedJournal,
  limits: InspectionLimits,
): Promise<JournalStatus | undefined> {
  try {
    return (await inspectJournal(journal, limits)).status;
  } catch (error) {
    if (faultCode(error) === undefined || faultCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

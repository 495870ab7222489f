import { link, rename, stat, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { toAbsolute } from "../../platform/absolute-path.js";
import { currentClaimant } from "../../platform/owner.js";
import { writeToStderr } from "../../record/index.js";
import { findFreePath } from "../disk/exclusive-file.js";
import { describeFault, faultCode } from "../disk/fault.js";
import {
  conversationOfJournal,
  isTemporaryOf,
  nameClaim,
  nameOfTemporary,
  parseClaim,
  pathsOf,
} from "../disk/file-names.js";
import { statPath } from "../disk/file-steps.js";
import { FILE_LIMITS, STORE_LIMITS } from "../disk/limits.js";
import { TooLargeError, readRegularFile } from "../disk/regular-file.js";
import { runLater } from "../disk/steps.js";
import { explainUnreachable } from "../disk/unreachable-file.js";
import { type Replay, type ReplayFailure, replayInTurns } from "../journal/replay.js";
import { readFileNames } from "../read/read-file-names.js";
import { type Inspection, inspectJournal, mayBeLeft } from "./inspect-journal.js";
import { findOrphanDocuments, recoverDocument } from "./orphan-documents.js";
import { restoreConversation } from "./restore.js";

export interface RecoveryOptions {
  /** Called with one line for each journal that could not be recovered completely. Default: stderr. */
  onProblem?: (line: string) => void;
  /** Called for each journal that has, or may have, a living owner. */
  onLeftAlone?: (left: LeftAlone) => void;
  /** See `StoreLimits`. */
  foreignQuietMs?: number;
  /**
   * Larger journals and documents are reported and left for a recovery that takes them. Default: 32
   * MiB, because an agent recovers beside its calls. Files above 256 MiB cannot be read by anybody and
   * are set aside.
   */
  maxBytes?: number;
}

/**
 * A journal that was not touched. `alive`: its owner runs, or another process recovers it now.
 * `recent`: nobody can tell from here, and it changed within `foreignQuietMs`.
 */
export interface LeftAlone {
  /** The conversation's name. */
  name: string;
  reason: "alive" | "recent";
}

/**
 * - `recovered`: completed from its journal; `session.status` says so.
 * - `completed`: the session had closed; only the last publish or the clean-up was missing.
 * - `set_aside`: nobody can read it. The journal has no owner or is no file, a document without a
 *   journal is not whole, or one of them is too large. It stays as `<name>.journal.damaged` or
 *   `<name>.json.damaged`.
 * - `unsupported`: a newer version of TalkTrace wrote it; it was not touched.
 * - `failed`: the disk prevented it, or the file is larger than `maxBytes`. The journal stays for the
 *   next recovery.
 */
export type RecoveryOutcome = "recovered" | "completed" | "set_aside" | "unsupported" | "failed";

/** The result for one abandoned journal. */
export interface RecoveryReport {
  /** The conversation's name, e.g. `conversation_20250818_143022`. */
  name: string;
  /** The absolute path of the conversation, or of the file that was set aside. */
  path: string;
  outcome: RecoveryOutcome;
  /** Messages in `conversation` now. */
  messages: number;
  damagedLines: number;
  /** The problem in words, if there was one. */
  problem?: string;
}

/** A temporary file older than this is no longer used by any process. */
const ORPHAN_AGE_MS = 3_600_000;
const NO_FILE = "something that is no file is in its place; if that leads to the journal,";
const PUT_JOURNAL = "put the journal itself there and recover again; it";

interface Context {
  directory: string;
  fileNames: readonly string[];
  foreignQuietMs: number;
  maxBytes: number;
  onLeftAlone: (left: LeftAlone) => void;
}

/**
 * Completes the conversations of a folder whose process died, from their journals. Journals with a
 * living owner, and those that another process recovers now, are left alone (see `onLeftAlone`).
 * Running it twice, at once or after a crash, gives the same files.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function recoverConversations(
  directory: string,
  options: RecoveryOptions = {},
): Promise<RecoveryReport[]> {
  const folder = toAbsolute(directory);
  const fileNames = (await readFileNames(folder)).toSorted();
  const context: Context = {
    directory: folder,
    fileNames,
    foreignQuietMs: options.foreignQuietMs ?? STORE_LIMITS.foreignQuietMs,
    maxBytes: Math.min(options.maxBytes ?? FILE_LIMITS.maxRecoveredBytes, FILE_LIMITS.maxBytes),
    onLeftAlone: options.onLeftAlone ?? ((): void => undefined),
  };
  const reports: RecoveryReport[] = [];
  const add = (made: RecoveryReport | undefined): void => {
    if (made === undefined) return;
    if (made.problem !== undefined) (options.onProblem ?? writeToStderr)(made.problem);
    reports.push(made);
  };
  const journaled = new Set<string>();
  for (const fileName of fileNames) {
    const name = conversationOfJournal(fileName);
    if (name === undefined) continue;
    const made = await recoverOne(context, fileName, name);
    add(made);
    // The journal gave nothing, so its document is recovered alone.
    if (made?.outcome === "set_aside") add(await recoverAlone(context, name));
    journaled.add(name);
  }
  const { foreignQuietMs } = context;
  for (const name of await findOrphanDocuments(folder, journaled, fileNames, foreignQuietMs)) {
    add(await recoverAlone(context, name));
  }
  await removeOrphans(context);
  return reports;
}

/**
 * Whether a folder may have something to recover, without reading whole files. An unreadable folder has
 * nothing.
 */
export async function hasLeftovers(
  directory: string,
  { foreignQuietMs, maxBytes }: { foreignQuietMs: number; maxBytes: number },
): Promise<boolean> {
  const folder = toAbsolute(directory);
  const fileNames = await readFileNames(folder).catch(() => []);
  const journaled = new Set<string>();
  for (const fileName of fileNames) {
    const name = conversationOfJournal(fileName);
    if (name === undefined) continue;
    const { claimant } = parseClaim(fileName) ?? {};
    const { json } = pathsOf(folder, name);
    const journal = { path: join(folder, fileName), json, claimant };
    // If a journal cannot be looked at, the recovery reports it.
    const isLeft = await mayBeLeft(journal, { foreignQuietMs, maxBytes }).catch(
      async (error: unknown) =>
        faultCode(error) !== "ENOENT" || (await explainUnreachable(journal.path)) !== undefined,
    );
    if (isLeft) return true;
    journaled.add(name);
  }
  return (await findOrphanDocuments(folder, journaled, fileNames, foreignQuietMs)).length > 0;
}

/** Recovers a document that has no journal. */
async function recoverAlone(
  { directory, maxBytes }: Context,
  name: string,
): Promise<RecoveryReport | undefined> {
  const { json, journal } = pathsOf(directory, name);
  try {
    // The session may have begun while we were looking.
    if ((await runLater(statPath(journal))) !== undefined) return undefined;
    const found = await recoverDocument(directory, name, maxBytes);
    return found && report(name, found.path, found.outcome, found);
  } catch (error) {
    const problem = `Cannot recover "${name}.json": ${describeFault(error)}; it stays for the next recovery`;
    return report(name, json, "failed", { problem });
  }
}

/** Removes temporary files of processes that died before they gave the file its name. */
async function removeOrphans({ directory, fileNames }: Context): Promise<void> {
  for (const fileName of fileNames) {
    if (nameOfTemporary(fileName) === undefined) continue;
    const path = join(directory, fileName);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < ORPHAN_AGE_MS) continue;
    await unlink(path).catch(() => undefined);
  }
}

async function recoverOne(
  context: Context,
  fileName: string,
  name: string,
): Promise<RecoveryReport | undefined> {
  const { directory } = context;
  const { json, journal } = pathsOf(directory, name);
  const found = join(directory, fileName);
  try {
    const { claimant } = parseClaim(fileName) ?? {};
    const inspection = await inspectJournal({ path: found, json, claimant }, context);
    const { status } = inspection;
    if (status === "alive" || status === "recent") {
      context.onLeftAlone({ name, reason: status });
      return undefined;
    }
    if (status === "unsupported") {
      const problem = `Cannot recover "${fileName}": a newer version of TalkTrace wrote it; update TalkTrace`;
      return report(name, found, "unsupported", { problem });
    }
    if (status === "too_large") return await leaveTooLarge(context, name, found);
    if (status === "not_a_file") {
      const unreachable = await explainUnreachable(found);
      const fact = unreachable === undefined ? NO_FILE : `${unreachable};`;
      return await setAside(context, name, found, `${fact} ${PUT_JOURNAL}`);
    }
    const claimed = join(directory, nameClaim(name, currentClaimant()));
    await rename(found, claimed);
    try {
      return await recoverClaimed(context, name, claimed, inspection);
    } catch (error) {
      await giveBack(claimed, journal);
      throw error;
    }
  } catch (error) {
    const unreachable =
      faultCode(error) === "ENOENT" ? await explainUnreachable(found) : describeFault(error);
    // Another process was faster, which is just as good.
    if (unreachable === undefined) return undefined;
    const problem = `Cannot recover "${fileName}": ${unreachable}; it stays for the next recovery`;
    return report(name, json, "failed", { problem });
  }
}

/** Gives a journal its name back, unless its owner lives after all and has put a new one there. */
async function giveBack(claimed: string, journal: string): Promise<void> {
  try {
    await link(claimed, journal);
    await unlink(claimed);
  } catch (error) {
    // Another process finds the journal under its present name too.
    if (faultCode(error) === "EEXIST") return;
    await rename(claimed, journal).catch(() => undefined);
  }
}

async function recoverClaimed(
  context: Context,
  name: string,
  claimed: string,
  inspection: Inspection,
): Promise<RecoveryReport> {
  const { directory } = context;
  const replay = await replayClaimed(claimed, inspection);
  if (typeof replay === "string") {
    return await setAside(context, name, claimed, "its first line is damaged; it");
  }
  const { path, keptAside } = await restoreConversation(directory, name, replay, {
    maxBytes: context.maxBytes,
    // The mode of the recording process.
    mode: (await stat(claimed)).mode & 0o777,
  });
  await Promise.all(
    context.fileNames
      .filter((fileName) => isTemporaryOf(fileName, name))
      .map((fileName) => unlink(join(directory, fileName)).catch(() => undefined)),
  );
  const { state, damagedLines } = replay;
  // A person may still read what this program cannot.
  const damaged = damagedLines > 0 ? await moveAside(directory, name, claimed) : undefined;
  if (damaged === undefined) await unlink(claimed);
  const isComplete = state.session.status === "complete";
  const problem = [
    ...(damaged === undefined ? [] : [describeDamage(damagedLines, name, damaged)]),
    ...(keptAside === undefined ? [] : [describeEdit(path, keptAside)]),
  ].join("; ");
  return report(name, path, isComplete ? "completed" : "recovered", {
    messages: state.messages.size,
    damagedLines,
    ...(problem !== "" && { problem }),
  });
}

/** A journal that was read to find its status is read again only if it has changed. */
async function replayClaimed(
  claimed: string,
  { replay, stats }: Inspection,
): Promise<Replay | ReplayFailure> {
  if (replay !== undefined) {
    const { dev, ino, size, mtimeMs } = await stat(claimed);
    const isSame = dev === stats.dev && ino === stats.ino && size === stats.size;
    if (isSame && mtimeMs === stats.mtimeMs) return replay;
  }
  return await replayInTurns(await readRegularFile(claimed, { followLinks: false }));
}

/** `talktrace recover` takes larger journals. A journal that nobody can read is set aside. */
async function leaveTooLarge(
  context: Context,
  name: string,
  path: string,
): Promise<RecoveryReport> {
  const { size } = await stat(path);
  const fact = new TooLargeError(size, Math.min(context.maxBytes, FILE_LIMITS.maxBytes)).message;
  if (size > FILE_LIMITS.maxBytes) return await setAside(context, name, path, `${fact}; it`);
  const problem = `Cannot recover "${basename(path)}": ${fact} beside a call; "talktrace recover" takes it`;
  return report(name, path, "failed", { problem });
}

/** Sets a journal aside. Its document is then recovered without it. */
async function setAside(
  { directory }: Context,
  name: string,
  path: string,
  fact: string,
): Promise<RecoveryReport> {
  const aside = await moveAside(directory, name, path);
  const problem = `Cannot recover "${name}.journal": ${fact} is kept as "${aside}"`;
  return report(name, aside, "set_aside", { problem });
}

/** Renames a journal so that no recovery looks at it again, and returns the new path. */
async function moveAside(directory: string, name: string, path: string): Promise<string> {
  const { journal } = pathsOf(directory, name);
  const aside = await runLater(findFreePath((n) => `${journal}.damaged${n > 1 ? `-${n}` : ""}`));
  await rename(path, aside);
  return aside;
}

function describeDamage(lines: number, name: string, aside: string): string {
  const what = lines === 1 ? "1 damaged line" : `${lines} damaged lines`;
  const were = lines === 1 ? "was" : "were";
  return `${what} in "${name}.journal" ${were} left out of its recovery; the journal is kept as "${basename(aside)}"`;
}

function describeEdit(path: string, keptAside: string): string {
  return `"${basename(path)}" was not what was published last; it is kept as "${keptAside}"`;
}

function report(
  name: string,
  path: string,
  outcome: RecoveryOutcome,
  rest: Partial<RecoveryReport>,
): RecoveryReport {
  return { name, path, outcome, messages: 0, damagedLines: 0, ...rest };
}

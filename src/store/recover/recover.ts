import { link, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { toAbsolute } from "../../platform/absolute-path.js";
import { currentClaimant } from "../../platform/owner.js";
import { writeToStderr } from "../../record/index.js";
import { describeFault, faultCode } from "../disk/fault.js";
import {
  conversationOfJournal,
  nameClaim,
  nameOfTemporary,
  parseClaim,
  pathsOf,
} from "../disk/file-names.js";
import { statPath } from "../disk/file-steps.js";
import { FILE_LIMITS, STORE_LIMITS } from "../disk/limits.js";
import { runLater } from "../disk/steps.js";
import { explainUnreachable } from "../disk/unreachable-file.js";
import { readFileNames } from "../read/read-file-names.js";
import { inspectJournal, mayBeLeft } from "./inspect-journal.js";
import { findOrphanDocuments, recoverDocument } from "./orphan-documents.js";
import { recoverClaimed } from "./recover-claimed.js";
import {
  type RecoveryContext,
  type RecoveryOptions,
  type RecoveryReport,
  report,
} from "./recovery-report.js";
import { leaveTooLarge, setAside } from "./set-aside.js";

/** A temporary file older than this is no longer used by any process. */
const ORPHAN_AGE_MS = 3_600_000;
const NO_FILE = "something that is no file is in its place; if that leads to the journal,";
const PUT_JOURNAL = "put the journal itself there and recover again; it";

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
  const context: RecoveryContext = {
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
  { directory, maxBytes }: RecoveryContext,
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
async function removeOrphans({ directory, fileNames }: RecoveryContext): Promise<void> {
  for (const fileName of fileNames) {
    if (nameOfTemporary(fileName) === undefined) continue;
    const path = join(directory, fileName);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < ORPHAN_AGE_MS) continue;
    await unlink(path).catch(() => undefined);
  }
}

async function recoverOne(
  context: RecoveryContext,
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

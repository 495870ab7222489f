import { randomBytes } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Claimant, currentClaimant, findClaimant } from "../../platform/owner.js";
import { createNew } from "../disk/exclusive-file.js";
import { faultCode } from "../disk/fault.js";
import { closeFile, removeFile } from "../disk/file-steps.js";
import { runLater } from "../disk/steps.js";

/** How long a process waits for a lock. A change takes a few milliseconds. */
const LONGEST_WAIT_MS = 10_000;
/** A lock of another machine, whose owner cannot be asked, counts as abandoned after this time. */
const FOREIGN_LOCK_MS = 60_000;
const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 60;

/** Another process, which lives, did not give up a lock in time. */
export class LockHeldError extends Error {
  override readonly name = "LockHeldError";
}

/**
 * Does `work` while no other process holds the same lock. The names of locks begin with `base`, e.g.
 * `.<name>.tags.lock`.
 *
 * Each process creates a lock file that names its owner, and then lists the other lock files. The later
 * of two processes sees the earlier one, so never both find themselves alone. A process that is not
 * alone removes its file and tries again. Anybody may remove the file of a dead owner, because no other
 * process ever uses that name.
 *
 * Rejects with a `LockHeldError` if the lock is not free within ten seconds, and with the file system's
 * error.
 */
export async function withLock<T>(
  directory: string,
  base: string,
  work: () => Promise<T>,
): Promise<T> {
  const own = nameLock(base, currentClaimant());
  const untilMs = performance.now() + LONGEST_WAIT_MS;
  for (let attempt = 0; ; attempt += 1) {
    await createLock(join(directory, own));
    const holder = await findOther(directory, base, own).catch(async (error: unknown) => {
      await removeLock(join(directory, own));
      throw error;
    });
    if (holder === undefined) break;
    await removeLock(join(directory, own));
    if (performance.now() > untilMs)
      throw new LockHeldError(`process ${holder.pid} holds "${join(directory, holder.name)}"`);
    await wait(pauseOf(attempt));
  }
  try {
    return await work();
  } finally {
    await removeLock(join(directory, own));
  }
}

function nameLock(base: string, { pid, startTicks, place }: Claimant): string {
  return `${base}-${pid}-${startTicks}-${place}-${randomBytes(4).toString("hex")}`;
}

const OWNER = /^-(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}$/;

/** The lock file of another living owner. Locks of dead owners are removed. */
async function findOther(
  directory: string,
  base: string,
  own: string,
): Promise<{ pid: number; name: string } | undefined> {
  let found: { pid: number; name: string } | undefined;
  for (const name of await readdir(directory)) {
    if (name === own || !name.startsWith(base)) continue;
    const [, pid, startTicks, place = ""] = OWNER.exec(name.slice(base.length)) ?? [];
    if (pid === undefined) continue;
    const claimant = { pid: Number(pid), startTicks: Number(startTicks), place };
    if (await isLeftBehind(join(directory, name), claimant))
      await removeLock(join(directory, name));
    else found = { pid: claimant.pid, name };
  }
  return found;
}

async function isLeftBehind(path: string, claimant: Claimant): Promise<boolean> {
  const state = findClaimant(claimant);
  if (state !== "unknown") return state === "dead";
  const made = await lstat(path).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > FOREIGN_LOCK_MS;
}

async function createLock(path: string): Promise<void> {
  const { fd } = await runLater(createNew(path, []));
  await runLater(closeFile(fd));
}

async function removeLock(path: string): Promise<void> {
  await runLater(removeFile(path)).catch((error: unknown) => {
    if (faultCode(error) !== "ENOENT") throw error;
  });
}

/** Random, so that two processes that met do not meet again. */
function pauseOf(attempt: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  return SHORTEST_PAUSE_MS + Math.random() * longest;
}

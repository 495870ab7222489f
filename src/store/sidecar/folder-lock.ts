import { randomBytes } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Claimant, currentClaimant, findClaimant } from "../../platform/owner.js";
import { createNew } from "../disk/exclusive-file.js";
import { faultCode } from "../disk/fault.js";
import { closeFile, removeFile } from "../disk/file-steps.js";
import { runLater } from "../disk/steps.js";

/** How long somebody waits for a lock. A change takes a few milliseconds. */
const LONGEST_WAIT_MS = 10_000;
/** A lock of another machine, which cannot be asked, counts as left behind after this long. */
const FOREIGN_LOCK_MS = 60_000;
const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 60;

/**
 * Does work while no other process that uses the same lock does. `base` is a path that names of
 * locks begin with: `.<name>.tags.lock`.
 *
 * Everybody who wants the lock makes a file of their own, named for its owner, and then looks who
 * else has one. Of two the later sees the earlier, so never both find themselves alone; who is not
 * alone goes back and tries again. A file of a dead owner can be removed by anybody, because nobody
 * else ever has that name.
 *
 * Rejects where the lock is not to be had within ten seconds, and with what the file system says.
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
      throw new Error(`process ${holder.pid} holds "${join(directory, nameLock(base, holder))}"`);
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

/** Somebody else with a lock who lives. Locks of the dead are removed. */
async function findOther(
  directory: string,
  base: string,
  own: string,
): Promise<Claimant | undefined> {
  let found: Claimant | undefined;
  for (const name of await readdir(directory)) {
    if (name === own || !name.startsWith(base)) continue;
    const [, pid, startTicks, place = ""] = OWNER.exec(name.slice(base.length)) ?? [];
    if (pid === undefined) continue;
    const claimant = { pid: Number(pid), startTicks: Number(startTicks), place };
    if (await isLeftBehind(join(directory, name), claimant))
      await removeLock(join(directory, name));
    else found = claimant;
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

/** By chance, so that two who met do not meet again. */
function pauseOf(attempt: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** Math.min(attempt, 10));
  return SHORTEST_PAUSE_MS + Math.random() * longest;
}

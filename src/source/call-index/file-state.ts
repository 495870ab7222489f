import { type BigIntStats, statSync } from "node:fs";

/** The visible state of a file. Any change of its content changes one of these values. */
export interface FileState {
  size: bigint;
  modifiedNs: bigint;
  changedNs: bigint;
  inode: bigint;
}

/**
 * Clocks of file systems go in steps, of two seconds on the coarsest. A file that was changed this
 * recently may change again without a visible difference.
 */
const COARSEST_STEP_MS = 3000;

/** The state of a file; undefined if there is none, or if it is no file. */
export function stateOfFile(path: string): FileState | undefined {
  let found: BigIntStats | undefined;
  try {
    found = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  if (found === undefined || !found.isFile()) return undefined;
  const { size, mtimeNs, ctimeNs, ino } = found;
  return { size, modifiedNs: mtimeNs, changedNs: ctimeNs, inode: ino };
}

export function isSameState(a: FileState, b: FileState | undefined): boolean {
  return (
    a.size === b?.size &&
    a.modifiedNs === b.modifiedNs &&
    a.changedNs === b.changedNs &&
    a.inode === b.inode
  );
}

/**
 * Whether another change would certainly change this state. Nobody can set the time of the change
 * (ctime) back, although anybody can set the time of the modification.
 */
export function isSettled(
  { changedNs }: FileState,
  nowMs: number,
  stepMs = COARSEST_STEP_MS,
): boolean {
  return Number(changedNs / 1_000_000n) < nowMs - stepMs;
}

import { mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Only the owner may look into a folder that we make: people's words are in it. */
const PRIVATE_FOLDER = 0o700;

/**
 * Makes a folder, and its missing parents. Node's own recursive `mkdir` never returns if a folder
 * exists but refuses a new one with `ENOENT`, as `/proc` does.
 *
 * @param mode of the folders that are made; an existing one keeps its own
 * @returns whether the folder was missing before, so that we may remove it
 *
 * Throws the file system's error.
 */
export function makeFolder(path: string, mode: number = PRIVATE_FOLDER): boolean {
  try {
    return make(path, mode);
  } catch (error) {
    const parent = missingParent(path, error);
    if (parent === undefined) throw error;
    makeFolder(parent, mode);
    return make(path, mode);
  }
}

/** The same without blocking the event loop. Rejects with the file system's error. */
export async function makeFolderLater(path: string, mode: number = PRIVATE_FOLDER): Promise<void> {
  try {
    await makeLater(path, mode);
  } catch (error) {
    const parent = missingParent(path, error);
    if (parent === undefined) throw error;
    await makeFolderLater(parent, mode);
    await makeLater(path, mode);
  }
}

// The error for an existing folder differs (`EEXIST`, `EROFS`, `EACCES`), so `make` checks whether it
// exists.

function make(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    return false;
  }
}

async function makeLater(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() !== true) throw error;
  }
}

function missingParent(path: string, error: unknown): string | undefined {
  const parent = dirname(path);
  const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
  return isMissing && parent !== path ? parent : undefined;
}

import { mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it that are missing. Node's own recursive `mkdir` never returns
 * if a folder exists but refuses a new one with `ENOENT`, as `/proc` does.
 *
 * Throws what the file system says.
 */
export function makeFolder(path: string): void {
  try {
    make(path);
  } catch (error) {
    const parent = missingParent(path, error);
    if (parent === undefined) throw error;
    makeFolder(parent);
    make(path);
  }
}

/** The same without blocking the event loop. Rejects with what the file system says. */
export async function makeFolderLater(path: string): Promise<void> {
  try {
    await makeLater(path);
  } catch (error) {
    const parent = missingParent(path, error);
    if (parent === undefined) throw error;
    await makeFolderLater(parent);
    await makeLater(path);
  }
}

// The error for a folder that exists already differs (`EEXIST`, `EROFS`, `EACCES`), so `make` looks
// whether it is there.

function make(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

async function makeLater(path: string): Promise<void> {
  try {
    await mkdir(path);
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

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { NamedFiles } from "../../store/index.js";
import { type IndexFile, type KeptRow, writeIndexFile } from "./index-file.js";
import { placeForWriting } from "./place-of-index.js";
import type { ReadRow } from "./read-row.js";
import { DamagedRowError, PARTS, type Row } from "./row.js";

/** Replaces a file's path in what is kept, because the same folder may have several paths. */
export const PATH = "\u0000";

/** Which index is used. */
export interface IndexMake {
  made: string;
  hasOwnRules: boolean;
}

/** Writes a new index of this folder's files: rows that were read now, and known rows of all others. */
export function keepRows(
  directory: string,
  { made, hasOwnRules }: IndexMake,
  files: readonly NamedFiles[],
  index: IndexFile | undefined,
  read: readonly ReadRow[],
): void {
  const news = new Map(read.map((each) => [each.name, each]));
  const rows = files.flatMap(({ name, hasDocument }): KeptRow[] => {
    const each = news.get(name);
    const kept = each === undefined ? copyKept(index?.get(name)) : toKept(directory, each);
    return hasDocument && kept !== undefined ? [kept] : [];
  });
  try {
    const place = placeForWriting(directory, hasOwnRules);
    for (let left = rows; ;) {
      writeIndexFile(place, made, left);
      // A call may have been forgotten while its row was written.
      const there = new Set(readdirSync(directory));
      const still = left.filter(({ name }) => there.has(`${name}.json`));
      if (still.length === left.length) break;
      left = still;
    }
  } catch {
    // A full disk or a removed folder only makes the next reader slower.
  }
}

function toKept(directory: string, { name, row, error, state }: ReadRow): KeptRow | undefined {
  if (state === undefined) return undefined;
  const message = error?.replaceAll(join(directory, `${name}.json`), PATH);
  if (row === undefined && message === undefined) return undefined;
  return { name, state, error: message, part: (part) => row?.[part] ?? new Uint8Array() };
}

/** Copies a whole row; undefined if it is damaged. */
export function copyKept(kept: KeptRow | undefined): KeptRow | undefined {
  if (kept === undefined || kept.error !== undefined) return kept;
  try {
    const parts = Object.fromEntries(
      PARTS.map((part) => [part, kept.part(part)]),
    ) as unknown as Row;
    return { ...kept, state: kept.state, part: (part) => parts[part] };
  } catch (error) {
    if (!(error instanceof DamagedRowError)) throw error;
    return undefined;
  }
}

/** An index must not keep words that were removed from the folder, or changed there. */
export function eraseRows(index: IndexFile | undefined, names: ReadonlySet<string>): void {
  if (index === undefined || names.size === 0) return;
  try {
    index.erase(names);
  } catch {
    // Whoever may not write the index cannot erase anything in it.
  }
}

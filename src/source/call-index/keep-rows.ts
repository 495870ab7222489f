import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { NamedFiles } from "../../store/index.js";
import { isSameState, stateOfFile } from "./file-state.js";
import { type IndexFile, type KeptRow, openIndexFile, writeIndexFile } from "./index-file.js";
import { allPlacesOfIndexes, placeForWriting } from "./place-of-index.js";
import type { ReadRow } from "./read-row.js";
import { DamagedRowError, PARTS, type Row } from "./row.js";

/** Replaces a file's path in what is kept, because the same folder may have several paths. */
export const PATH = "\u0000";

/** Which index is used. */
export interface IndexMake {
  made: string;
  hasOwnRules: boolean;
}

/**
 * Writes a new index of this folder's files: rows that were read now, and known rows of all others whose
 * file is still the same. A caller that wants the first calls only leaves changed files unread.
 */
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
    if (!hasDocument) return [];
    const old = index?.get(name);
    if (each === undefined && isStale(directory, old)) return [];
    const kept = each === undefined ? copyKept(old) : toKept(directory, each);
    return kept === undefined ? [] : [kept];
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

/** Whether the file of a row was removed, or changed after the row was made. */
function isStale(directory: string, kept: KeptRow | undefined): boolean {
  return (
    kept !== undefined &&
    !isSameState(kept.state, stateOfFile(join(directory, `${kept.name}.json`)))
  );
}

/**
 * Takes words that were removed from the folder, or changed there, out of all its indexes, because the
 * next command may use another index, or none.
 *
 * @param files all conversations of the folder
 * @param notKnown conversations that the index of this command does not have as they are now
 */
export function eraseStaleRows(
  directory: string,
  files: readonly NamedFiles[],
  notKnown: ReadonlySet<string>,
): void {
  const there = new Set(files.map(({ name }) => name));
  for (const place of findPlaces(directory)) {
    const index = openIndexFile(place, undefined);
    if (index === undefined) continue;
    const names = [...index.names()].filter((name) => {
      if (there.has(name) && !notKnown.has(name)) return false;
      const kept = index.get(name);
      // The row of a file that is no conversation has an error, and no words.
      return kept?.error === undefined && isStale(directory, kept);
    });
    try {
      if (names.length > 0) index.erase(names);
    } catch {
      // Whoever may not write the index cannot erase anything in it.
    }
  }
}

function findPlaces(directory: string): string[] {
  try {
    return allPlacesOfIndexes(directory);
  } catch {
    // The folder was removed with its indexes.
    return [];
  }
}

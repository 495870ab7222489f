import { lstat, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./disk-fault.js";
import type { OwnFiles } from "./own-files.js";
import type { SpoolFile } from "./spool-file.js";
import { DAMAGED_SUFFIX, parseSpoolName } from "./spool-name.js";

export interface RoomKeeperOptions {
  directory: string;
  maxBytes: number;
  files: OwnFiles;
  /** The file that gets the next spans. It is never dropped. */
  current: () => SpoolFile | undefined;
  report: (line: string) => void;
}

/** Drops the oldest files of this process until the folder is within its limit. */
export class RoomKeeper {
  readonly #options: RoomKeeperOptions;
  /** The file whose spans are in a request now. */
  #lent: SpoolFile | undefined;
  #needsRoom = false;
  #keeping = Promise.resolve();

  constructor(options: RoomKeeperOptions) {
    this.#options = options;
  }

  /** Keeps a file while its spans are in a request, because they may arrive. */
  lend(file: SpoolFile): void {
    this.#lent = file;
  }

  /** The request has ended. */
  release(): void {
    this.#lent = undefined;
    if (this.#needsRoom) void this.keep();
  }

  /** Never rejects. */
  keep(): Promise<void> {
    // One run after the other, because two runs at once would make the same room twice.
    this.#keeping = this.#keeping.then(() => this.#makeRoom());
    return this.#keeping;
  }

  async #makeRoom(): Promise<void> {
    const { directory, maxBytes, files, current, report } = this.#options;
    this.#needsRoom = false;
    let excess = await keepBounds(directory, maxBytes, report);
    for (const file of files.list()) {
      if (excess <= 0) return;
      if (file === current()) continue;
      if (file === this.#lent) {
        this.#needsRoom = true;
        return;
      }
      excess -= file.size;
      files.drop(file, "no room");
    }
  }
}

/**
 * Makes room in a folder whose spool files have more than `maxBytes` together. It deletes damaged
 * files, oldest first, because they are only kept for people, and tells `report`. Returns how many
 * bytes are still too many. Other files are neither counted nor touched.
 *
 * Never rejects.
 */
async function keepBounds(
  directory: string,
  maxBytes: number,
  report: (line: string) => void,
): Promise<number> {
  const fileNames = await readdir(directory).catch((): string[] => []);
  const files = await Promise.all(
    fileNames.toSorted().flatMap((fileName) => {
      const isDamaged = fileName.endsWith(DAMAGED_SUFFIX);
      const name = isDamaged ? fileName.slice(0, -DAMAGED_SUFFIX.length) : fileName;
      if (parseSpoolName(name) === undefined) return [];
      return [weigh(join(directory, fileName), isDamaged)];
    }),
  );
  let excess = files.reduce((sum, { size }) => sum + size, 0) - maxBytes;
  for (const { path, size, isDamaged } of files) {
    if (excess <= 0) break;
    if (!isDamaged || size === 0) continue;
    try {
      await unlink(path);
      report(`Deleted the damaged spool file "${path}": no room`);
    } catch (error) {
      // If another process deleted it first, the room is there too. Otherwise spans have to be dropped.
      if (codeOf(error) !== "ENOENT") continue;
    }
    excess -= size;
  }
  return excess;
}

async function weigh(path: string, isDamaged: boolean) {
  const found = await lstat(path).catch(() => undefined);
  return { path, size: found?.size ?? 0, isDamaged };
}

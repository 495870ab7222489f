import { lstat, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "./disk-fault.js";
import { DAMAGED_SUFFIX, parseSpoolName } from "./spool-name.js";

/**
 * Makes room in a folder whose spool files have more than `maxBytes` together: first goes what is
 * only kept for people to look at, oldest first, told to `report`. Gives the bytes that are still
 * too many. What is not a spool file is neither counted nor touched.
 *
 * Never rejects.
 */
export async function keepBounds(
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
      // Where another process was faster, there is the room as well; else spans have to make it.
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

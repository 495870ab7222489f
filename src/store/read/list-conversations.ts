import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { faultCode } from "../disk/fault.js";
import { conversationIn } from "../disk/file-names.js";
import { explainUnreachable } from "../disk/unreachable-file.js";
import { readFileNames } from "./read-file-names.js";

export interface ListedConversation {
  /** The absolute path of the JSON file, for `readConversation`. */
  path: string;
  /** The file name without its ending, e.g. `conversation_20250818_143022`. */
  name: string;
  /** When it was last changed; 1970 if the system does not tell. */
  modifiedAt: Date;
}

/**
 * Lists the conversations of a folder, newest first, including those with only a journal. A missing
 * folder has none. A file that cannot be opened (a broken link, a name that is not UTF-8) is listed
 * too, so that reading it tells the reason.
 *
 * Rejects with a `StoreError` if the folder cannot be read.
 */
export async function listConversations(directory: string): Promise<ListedConversation[]> {
  const fileNames = await readFileNames(directory);
  const names = new Set<string>();
  const sources = new Map<string, string>();
  for (const fileName of fileNames) {
    const name = conversationIn(fileName);
    if (name === undefined) continue;
    if (!names.has(name) || fileName.endsWith(".json")) sources.set(name, fileName);
    names.add(name);
  }
  const listed = await Promise.all(
    [...sources].map(async ([name, fileName]): Promise<ListedConversation[]> => {
      const found = await look(join(directory, fileName));
      if (found === undefined) return [];
      return [{ path: resolve(directory, `${name}.json`), name, modifiedAt: found }];
    }),
  );
  return listed
    .flat()
    .toSorted(
      (a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime() || (a.name < b.name ? 1 : -1),
    );
}

/** When a file was changed; undefined if it is no file, or was removed meanwhile. */
async function look(path: string): Promise<Date | undefined> {
  let found: Stats;
  try {
    found = await stat(path);
  } catch (error) {
    const isGone = faultCode(error) === "ENOENT" && (await explainUnreachable(path)) === undefined;
    return isGone ? undefined : new Date(0);
  }
  return found.isFile() ? found.mtime : undefined;
}

import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isConversationFile, parseClaim } from "../disk/file-names.js";
import { readFileNames } from "./read-file-names.js";

export interface ListedConversation {
  /** The absolute path of the JSON file, which `readConversation` takes. */
  path: string;
  /** The file name without its ending, e.g. `conversation_20250818_143022`. */
  name: string;
  modifiedAt: Date;
}

/**
 * Lists the conversations of a folder, newest first, also one of which only a journal is there. A
 * folder that does not exist has none.
 *
 * Rejects with a `StoreError` when the folder cannot be read.
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
      const found = await stat(join(directory, fileName)).catch(() => undefined);
      if (found?.isFile() !== true) return [];
      return [{ path: resolve(directory, `${name}.json`), name, modifiedAt: found.mtime }];
    }),
  );
  return listed
    .flat()
    .toSorted(
      (a, b) => b.modifiedAt.getTime() - a.modifiedAt.getTime() || (a.name < b.name ? 1 : -1),
    );
}

function conversationIn(fileName: string): string | undefined {
  if (isConversationFile(fileName)) return fileName.slice(0, -".json".length);
  if (fileName.startsWith(".")) return undefined;
  if (fileName.endsWith(".journal")) return fileName.slice(0, -".journal".length);
  return parseClaim(fileName)?.name;
}

import { readdir } from "node:fs/promises";
import { describeFault, faultCode } from "../disk/fault.js";
import { conversationIn, isConversationFile } from "../disk/file-names.js";
import { StoreError } from "./store-error.js";

/** A conversation by the file names of a folder alone. None of its files was opened. */
export interface NamedFiles {
  /** The file name without its ending. */
  name: string;
  /** Whether there is a file that may be its document. */
  hasDocument: boolean;
  /** Whether there is a journal, so that the document alone may not be complete. */
  hasJournal: boolean;
}

/**
 * Names the conversations of a folder, in no order.
 *
 * Rejects with a `StoreError` if the folder does not exist or cannot be read.
 */
export async function nameConversations(directory: string): Promise<NamedFiles[]> {
  const found = new Map<string, NamedFiles>();
  for (const fileName of await readNames(directory)) {
    const name = conversationIn(fileName);
    if (name === undefined) continue;
    const files = found.get(name) ?? { name, hasDocument: false, hasJournal: false };
    found.set(name, files);
    if (isConversationFile(fileName)) files.hasDocument = true;
    else files.hasJournal = true;
  }
  return [...found.values()];
}

async function readNames(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const isMissing = faultCode(error) === "ENOENT";
    const fact = isMissing
      ? 'there is no such folder; name another with --directory, or make a call with "talktrace demo"'
      : describeFault(error);
    throw new StoreError(
      isMissing ? "NOT_FOUND" : "UNREADABLE",
      `Cannot read folder "${directory}": ${fact}`,
      error,
    );
  }
}

import { basename, dirname } from "node:path";
import { faultCode } from "../disk/fault.js";
import { pathsOf } from "../disk/file-names.js";
import { FILE_LIMITS, STORE_LIMITS } from "../disk/limits.js";
import { inspectJournal } from "./inspect-journal.js";

/**
 * Whether an open conversation is written by nobody any more, because its process died or because it
 * has no journal. `path` is the path of the JSON file.
 *
 * Rejects with the file system's error.
 */
export async function isLeftBehind(path: string): Promise<boolean> {
  const { journal } = pathsOf(dirname(path), basename(path, ".json"));
  try {
    const { status } = await inspectJournal(
      { path: journal, json: path, claimant: undefined },
      { foreignQuietMs: STORE_LIMITS.foreignQuietMs, maxBytes: FILE_LIMITS.maxBytes },
    );
    return status === "abandoned" || status === "too_large";
  } catch (error) {
    if (faultCode(error) === "ENOENT") return true;
    throw error;
  }
}

import { basename, dirname, join } from "node:path";
import { faultCode } from "../disk/fault.js";
import { FILE_LIMITS, STORE_LIMITS } from "../disk/limits.js";
import { inspectJournal } from "./inspect-journal.js";

/**
 * Whether nobody writes a conversation any more that says it is open: its process died. `path` is that
 * of the JSON file. A conversation without a journal is written by nobody.
 *
 * Rejects with what the file system says.
 */
export async function isLeftBehind(path: string): Promise<boolean> {
  const journal = join(dirname(path), `${basename(path, ".json")}.journal`);
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

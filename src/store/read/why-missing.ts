import { lstat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeFault, faultCode } from "../disk/fault.js";
import { type ReplayFailure, replayJournal } from "../journal/replay.js";
import { readRegularFile } from "../disk/regular-file.js";
import { StoreError } from "./store-error.js";

/** Node puts this sign for bytes that are not UTF-8. A file with such a name cannot be opened by it. */
export const NOT_UTF8 = "\ufffd";

/** Why a journal that is there tells nothing. */
export const JOURNAL_FAULTS: Record<ReplayFailure, string> = {
  empty: "has no whole line yet",
  damaged: "is damaged from its first line on",
  unsupported: "was written by a newer version of TalkTrace; update it to read it",
};

/** Explains why a conversation cannot be read if the system does not find its file. */
export async function explainMissing(path: string, cause: unknown): Promise<StoreError> {
  const fail = (code: "NOT_FOUND" | "UNREADABLE", fact: string): StoreError =>
    new StoreError(code, `Cannot read conversation "${path}": ${fact}`, cause);
  if (path.includes(NOT_UTF8))
    return fail("UNREADABLE", "its name is not UTF-8; rename the file to read it");
  const isLink = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isLink) return fail("UNREADABLE", "it is a link, and what it leads to is not there");
  const journalName = `${basename(path, ".json")}.journal`;
  const journal = await readRegularFile(join(dirname(path), journalName)).catch(
    (error: unknown) => error,
  );
  if (Buffer.isBuffer(journal)) {
    const replay = replayJournal(journal);
    return typeof replay === "string"
      ? fail("UNREADABLE", `there is no such file, and "${journalName}" ${JOURNAL_FAULTS[replay]}`)
      : fail("NOT_FOUND", "it was written or removed just now; try again");
  }
  return faultCode(journal) === "ENOENT"
    ? fail("NOT_FOUND", "there is no such file, and no journal of it")
    : fail(
        "UNREADABLE",
        `there is no such file, and "${journalName}" cannot be read: ${describeFault(journal)}`,
      );
}

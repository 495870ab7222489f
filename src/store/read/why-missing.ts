import { basename, dirname, join } from "node:path";
import { describeFault, faultCode } from "../disk/fault.js";
import { type ReplayFailure, replayInTurns } from "../journal/replay.js";
import { readRegularFile } from "../disk/regular-file.js";
import { StoreError } from "./store-error.js";

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
  const journalName = `${basename(path, ".json")}.journal`;
  const journal = await readRegularFile(join(dirname(path), journalName)).catch(
    (error: unknown) => error,
  );
  if (Buffer.isBuffer(journal)) {
    const replay = await replayInTurns(journal);
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

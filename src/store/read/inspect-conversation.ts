import { basename, dirname } from "node:path";
import { type Conversation, parseConversation } from "../../record/index.js";
import { describeFault, faultCode } from "../disk/fault.js";
import { pathsOf } from "../disk/file-names.js";
import { readRegularFile } from "../disk/regular-file.js";
import { type ReplayFailure, replayInTurns } from "../journal/replay.js";
import { StoreError } from "./store-error.js";
import { explainMissing } from "./why-missing.js";

/** The state of each file of one conversation, on its own. */
export interface InspectedConversation {
  /** Undefined if there is only a journal. */
  document: { conversation: Conversation; error?: undefined } | { error: unknown } | undefined;
  /** Undefined if there is none, as for every finished call. */
  journal: InspectedJournal | undefined;
}

export interface InspectedJournal {
  path: string;
  /** Damaged lines. */
  damagedLines: number;
  /** Why nothing of it can be read. */
  fault: ReplayFailure | undefined;
  /** The system's error, if nobody can read it. */
  error: unknown;
}

/**
 * Reads the document and the journal of a conversation separately. `readConversation()` takes the best
 * of both. `path` is the path of the JSON file.
 */
export async function inspectConversation(path: string): Promise<InspectedConversation> {
  const paths = pathsOf(dirname(path), basename(path, ".json"));
  const journal = await inspectJournal(paths.journal);
  try {
    const text = (await readRegularFile(path)).toString("utf8");
    return { document: { conversation: parseConversation(text, path) }, journal };
  } catch (error) {
    if (faultCode(error) === "ENOENT") {
      const isJournaled = journal !== undefined && journal.fault === undefined;
      return {
        document: isJournaled ? undefined : { error: await explainMissing(path, error) },
        journal,
      };
    }
    if (error instanceof Error && error.name === "RecordError")
      return { document: { error }, journal };
    const message = `Cannot read conversation "${path}": ${describeFault(error)}`;
    return { document: { error: new StoreError("UNREADABLE", message, error) }, journal };
  }
}

async function inspectJournal(path: string): Promise<InspectedJournal | undefined> {
  try {
    const replay = await replayInTurns(await readRegularFile(path));
    if (typeof replay === "string")
      return { path, damagedLines: 0, fault: replay, error: undefined };
    return { path, damagedLines: replay.damagedLines, fault: undefined, error: undefined };
  } catch (error) {
    if (faultCode(error) === "ENOENT") return undefined;
    return { path, damagedLines: 0, fault: undefined, error };
  }
}

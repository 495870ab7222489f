import { lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import { summarizeCall } from "../../insight/index.js";
import { RecordError } from "../../record/index.js";
import { readConversation } from "../../store/index.js";
import { type FileState, isSameState, isSettled, stateOfFile } from "./file-state.js";
import { type Row, encodeRow } from "./row.js";

/** A call that is to be read. */
export interface CallToRead {
  directory: string;
  name: string;
  hasJournal: boolean;
  /** For tests; see `isSettled()`. */
  stepMs: number | undefined;
}

/** What came of reading one call: its row, or why it cannot be read, or neither where it is gone. */
export interface ReadRow {
  name: string;
  row?: Row;
  error?: string;
  /** What is wrong with a call that could be read all the same. */
  problem?: string;
  /** How its file looked before and after; missing where the row is not to be kept. */
  state?: FileState;
  /** The size of its file. */
  byteCount: number;
}

/**
 * Reads a call and makes its row. What is open, has a journal beside it, was changed while it was read,
 * or was changed a moment ago, is not to be kept.
 */
export async function readRow({
  directory,
  name,
  hasJournal,
  stepMs,
}: CallToRead): Promise<ReadRow> {
  const path = join(directory, `${name}.json`);
  const nowMs = Date.now();
  const before = stateOfFile(path);
  const byteCount = Number(before?.size ?? 0n);
  const keepState = (isWorthKeeping: boolean): { state?: FileState } =>
    isWorthKeeping &&
    !hasJournal &&
    before !== undefined &&
    isSettled(before, nowMs, stepMs) &&
    isSameState(before, stateOfFile(path))
      ? { state: before }
      : {};
  try {
    const { conversation, origin, problem } = await readConversation(path);
    const isOver = conversation.session.status !== "open" && origin === "file";
    const row = encodeRow(summarizeCall(name, conversation));
    return {
      name,
      row,
      byteCount,
      ...(problem !== undefined && { problem }),
      ...keepState(isOver && problem === undefined),
    };
  } catch (error) {
    if (isOther(path) || (!hasJournal && isGone(path))) return { name, byteCount };
    const message = error instanceof Error ? error.message : String(error);
    // Whether the system lets a file be read may change without a trace in the file.
    return { name, error: message, byteCount, ...keepState(error instanceof RecordError) };
  }
}

/** Whether something else has the name of the file, such as a folder. */
function isOther(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  } catch {
    return false;
  }
}

/** Whether a file was removed since somebody named it. */
function isGone(path: string): boolean {
  // What Node puts for bytes that are not UTF-8: no path leads back to such a name.
  if (path.includes("\ufffd")) return false;
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

import { lstatSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TalkTraceConfig } from "../../config/config.js";
import { type FindingOptions, summarizeCall } from "../../insight/index.js";
import { RecordError } from "../../record/index.js";
import { readConversation, readFinishedConversation } from "../../store/index.js";
import { type FileState, isSameState, isSettled, stateOfFile } from "./file-state.js";
import { type Row, encodeRow } from "./row.js";

/** A call to read. */
export interface CallToRead {
  directory: string;
  name: string;
  hasJournal: boolean;
  /** For tests; see `isSettled()`. */
  stepMs: number | undefined;
}

/** The rules of a config. Their libraries are loaded only if there is one. */
export async function loadRules(
  config: TalkTraceConfig | undefined,
): Promise<FindingOptions | undefined> {
  if (config === undefined) return undefined;
  const { makeRules } = await import("../../config/make-rules.js");
  // Its faults were told when it was read.
  return makeRules(config, () => undefined);
}

/**
 * The result of reading one call: its row, or why it cannot be read. It has neither if the file is
 * gone.
 */
export interface ReadRow {
  name: string;
  row?: Row;
  error?: string;
  /** The fault of a call that could still be read. */
  problem?: string;
  /** The state of its file, the same before and after reading; missing if the row must not be kept. */
  state?: FileState;
  /** The size of its file. */
  byteCount: number;
}

/**
 * Reads a call and makes its row. The row must not be kept if the call is open, has a journal, or was
 * changed during the reading or a moment before.
 *
 * @param rules by which the findings are; without them by the built-in rules
 */
export async function readRow(
  { directory, name, hasJournal, stepMs }: CallToRead,
  rules: FindingOptions | undefined,
): Promise<ReadRow> {
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
    const finished = readFinishedConversation(path);
    const { conversation, origin, problem } =
      finished === undefined
        ? await readConversation(path)
        : { conversation: finished, origin: "file", problem: undefined };
    const isOver = conversation.session.status !== "open" && origin === "file";
    const row = encodeRow(summarizeCall(name, conversation, rules));
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
    // The system's permission to read a file may change without a visible change of the file.
    return { name, error: message, byteCount, ...keepState(error instanceof RecordError) };
  }
}

/** Whether something else than a file has this path, such as a folder. */
function isOther(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
  } catch {
    return false;
  }
}

/** Whether a file was removed since somebody named it. */
function isGone(path: string): boolean {
  // Node puts this sign for bytes that are not UTF-8. A file with such a name cannot be opened by it.
  if (path.includes("\ufffd")) return false;
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

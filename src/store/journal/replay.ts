import { setImmediate } from "node:timers/promises";
import type { Owner } from "../../platform/owner.js";
import type { Message, Session } from "../../record/index.js";
import { checkOperation } from "../document/check-operation.js";
import {
  type ConversationState,
  applyOperation,
  beginConversation,
} from "../document/conversation-state.js";
import { type Line, JOURNAL_VERSION, readLines } from "./journal-line.js";
import { createOldWords } from "./words-of-format-1.js";

/** One line that changed something known. */
export interface Change<T> {
  before: T;
  amendment: Partial<T>;
  /** The number of the line. */
  n: number;
}

/** The content of a journal. */
export interface Replay {
  state: ConversationState;
  owner: Owner;
  /**
   * Lines that are damaged, or that no document can carry. A torn last line does not count, because its
   * write was never acknowledged. An end that no torn write leaves counts: it is too long, or no text.
   */
  damagedLines: number;
  /** Changes of messages, by message id, oldest first. */
  changes: Map<string, Change<Message>[]>;
  /** Changes of the session, oldest first. */
  sessionChanges: Change<Session>[];
  /** The last line's time, in milliseconds since 1970. */
  lastLineMs: number;
  /** Whether the owner has released the journal, so that it writes no more. */
  released: boolean;
}

/**
 * - `empty`: it has no whole line yet; its owner may be about to write it.
 * - `damaged`: the first line is damaged, so owner and session are unknown.
 * - `unsupported`: a newer version of TalkTrace wrote it.
 */
export type ReplayFailure = "empty" | "damaged" | "unsupported";

/** About 5 ms of work, on a slow machine as well. */
const LINES_A_STEP = 256;

/** Rebuilds a conversation from its journal. Pure: the same bytes always give the same state. */
export function replayJournal(bytes: Buffer): Replay | ReplayFailure {
  const steps = replaySteps(bytes);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

/** The same, with turns of the event loop in between, because a journal may have 100,000 lines. */
export async function replayInTurns(bytes: Buffer): Promise<Replay | ReplayFailure> {
  const steps = replaySteps(bytes);
  let step = steps.next();
  while (step.done !== true) {
    await setImmediate();
    step = steps.next();
  }
  return step.value;
}

function* replaySteps(bytes: Buffer): Generator<undefined, Replay | ReplayFailure> {
  let replay: Replay | undefined;
  let lastNumber = -1;
  let lines = 0;
  const oldWords = createOldWords();
  for (const { line, isTail, isTorn } of readLines(bytes)) {
    lines += 1;
    if (lines % LINES_A_STEP === 0) yield;
    if (replay === undefined) {
      if (line === undefined) return isTail ? "empty" : "damaged";
      if (line.op !== "open") return "damaged";
      if (line.journal !== JOURNAL_VERSION) return "unsupported";
      const { valid, invalidKeys } = checkOperation(line);
      if (valid === undefined) return "damaged";
      const state = beginConversation(valid.session);
      replay = {
        state,
        owner: line.owner,
        damagedLines: invalidKeys.length > 0 ? 1 : 0,
        changes: new Map(),
        sessionChanges: [],
        lastLineMs: line.at,
        released: false,
      };
    } else if (line === undefined) {
      if (isTorn !== true) replay.damagedLines += 1;
      continue;
    } else if (line.n > lastNumber && line.op !== "open") {
      // A line may have been written twice, because the first write seemed to fail. It counts once.
      const { valid, invalidKeys } = checkOperation(oldWords.takeOut(line));
      if (invalidKeys.length > 0 || valid === undefined) replay.damagedLines += 1;
      if (valid !== undefined) {
        keepChange(replay, valid);
        applyOperation(replay.state, valid);
      }
      replay.lastLineMs = Math.max(replay.lastLineMs, line.at);
      replay.released ||= line.op === "release";
    }
    lastNumber = Math.max(lastNumber, line.n);
    replay.state.lastLine = lastNumber;
  }
  if (replay === undefined) return "empty";
  oldWords.putBack(replay.state);
  replay.state.integrity.damaged_lines = replay.damagedLines;
  return replay;
}

function keepChange({ state, changes, sessionChanges }: Replay, line: Line): void {
  if (line.op === "session" || line.op === "close") {
    const amendment = line.op === "close" ? line.end : line.amendment;
    sessionChanges.push({ before: state.session, amendment, n: line.n });
  }
  if (line.op !== "amend") return;
  const before = state.messages.find(line.id);
  if (before === undefined) return;
  const change = { before, amendment: line.amendment, n: line.n };
  const known = changes.get(line.id);
  if (known === undefined) changes.set(line.id, [change]);
  else known.push(change);
}

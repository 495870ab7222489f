import { crc32 } from "node:zlib";

import type {
  ConversationEvent,
  Message,
  MessageAmendment,
  Session,
  SessionAmendment,
  SessionEnd,
  SessionStart,
  UnspokenReason,
} from "../record/index.js";
import { applyOperation, beginConversation } from "./conversation-state.js";
import type { ConversationState } from "./conversation-state.js";
import { fitOperation } from "./fit.js";
import type { Owner } from "../record/owner.js";

/** The version of the journal that this code writes, and the only one that it reads. */
export const JOURNAL_VERSION = 1;

/** The first line: whose conversation this is, and who writes it. */
export interface OpenOperation {
  op: "open";
  journal: number;
  session: SessionStart;
  owner: Owner;
}

/** What may follow it. `release`: the owner let go of the journal without closing. */
export type Operation =
  | { op: "add"; message: Message }
  | { op: "amend"; id: string; amendment: MessageAmendment }
  | { op: "retract"; id: string; reason: UnspokenReason; error?: string }
  | { op: "event"; event: ConversationEvent }
  | { op: "session"; amendment: SessionAmendment }
  | { op: "dropped"; count: number }
  | { op: "deferred"; count: number }
  | { op: "close"; end: SessionEnd }
  | { op: "release" };

/** What every line has: its number, and when it was written (milliseconds since 1970). */
export interface LineHead {
  n: number;
  at: number;
}

export type Line = (OpenOperation | Operation) & LineHead;

const LINE_FEED = 0x0a;
const SPACE = 0x20;
const CHECKSUM = /^[0-9a-f]{8}$/;

/**
 * Encodes one line, `<crc32> <json>\n`. The line comes back as it will be read, detached from the
 * caller's objects, so that live state and replay are made of the same values.
 *
 * Throws a `TypeError` for what JSON cannot carry.
 */
export function encodeLine<L extends Line>(line: L): { bytes: Buffer; line: L } {
  const json = JSON.stringify(line);
  return { bytes: Buffer.from(`${checksum(json)} ${json}\n`), line: JSON.parse(json) as L };
}

/** Decodes a line without its line feed; `undefined` when it is damaged. */
export function decodeLine(bytes: Buffer): Line | undefined {
  if (bytes.length < 10 || bytes[8] !== SPACE) return undefined;
  const stated = bytes.toString("latin1", 0, 8);
  const json = bytes.subarray(9);
  if (!CHECKSUM.test(stated) || stated !== checksum(json)) return undefined;
  try {
    return JSON.parse(json.toString("utf8")) as Line;
  } catch {
    return undefined;
  }
}

function checksum(data: string | Buffer): string {
  return crc32(data).toString(16).padStart(8, "0");
}

/** One line that changed what was known already. */
export interface Change<T> {
  before: T;
  amendment: Partial<T>;
  /** The number of the line. */
  n: number;
}

/** What a journal tells. */
export interface Replay {
  state: ConversationState;
  owner: Owner;
  /**
   * Lines that are not what was written, or say what no document can carry. A torn last line is
   * not one: nobody was told of it.
   */
  damagedLines: number;
  /** How messages came to be what they are, by their id, oldest change first. */
  changes: Map<string, Change<Message>[]>;
  /** How the session did. */
  sessionChanges: Change<Session>[];
  /** The last line's time, in milliseconds since 1970. */
  lastLineMs: number;
  /** Whether the owner said that it will write no more. */
  released: boolean;
}

/**
 * - `empty`: not even one whole line yet; its owner may be about to write it.
 * - `damaged`: the first line, without which the rest has no owner and no session, is damaged.
 * - `unsupported`: written by a newer version of TalkTrace.
 */
export type ReplayFailure = "empty" | "damaged" | "unsupported";

interface FoundLine {
  /** `undefined` for one that is damaged. */
  line: Line | undefined;
  /** Whether it is the last one, and has no end. */
  isTail: boolean;
}

function* readLines(bytes: Buffer): Generator<FoundLine> {
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const isTail = feed === -1;
    const end = isTail ? bytes.length : feed;
    yield* readChunk(bytes.subarray(start, end), isTail);
    start = end + 1;
  }
}

/** Where a line may end whose line feed became another character. */
const LINE_END = /(?<=\}).(?=[0-9a-f]{8} \{|$)/gs;
/** Places that are tried: a message may be full of what looks like one. */
const MAX_LINE_ENDS = 100;

/** Reads a line, or those that a damaged line feed joined: they are whole, and one is damaged. */
function* readChunk(chunk: Buffer, isTail: boolean): Generator<FoundLine> {
  const whole = decodeLine(chunk);
  if (whole !== undefined) return yield { line: whole, isTail };
  let tried = 0;
  for (const { index } of chunk.toString("latin1").matchAll(LINE_END)) {
    tried += 1;
    if (tried > MAX_LINE_ENDS) break;
    const line = decodeLine(chunk.subarray(0, index));
    if (line === undefined) continue;
    yield { line, isTail: false };
    yield { line: undefined, isTail: false };
    const rest = chunk.subarray(index + 1);
    if (rest.length > 0) yield* readChunk(rest, isTail);
    return;
  }
  yield { line: undefined, isTail };
}

/** Rebuilds a conversation from its journal. Pure; the same bytes always give the same state. */
export function replayJournal(bytes: Buffer): Replay | ReplayFailure {
  let replay: Replay | undefined;
  let lastNumber = -1;
  for (const { line, isTail } of readLines(bytes)) {
    if (replay === undefined) {
      if (line === undefined) return isTail ? "empty" : "damaged";
      if (line.op !== "open") return "damaged";
      if (line.journal !== JOURNAL_VERSION) return "unsupported";
      const { fitted, misfits } = fitOperation(line);
      if (fitted === undefined) return "damaged";
      const state = beginConversation(fitted.session);
      replay = {
        state,
        owner: line.owner,
        damagedLines: misfits.length > 0 ? 1 : 0,
        changes: new Map(),
        sessionChanges: [],
        lastLineMs: line.at,
        released: false,
      };
    } else if (line === undefined) {
      if (!isTail) replay.damagedLines += 1;
      continue;
    } else if (line.n > lastNumber && line.op !== "open") {
      // A line that had to be written twice, because the first try looked failed, counts once.
      const { fitted, misfits } = fitOperation(line);
      if (misfits.length > 0 || fitted === undefined) replay.damagedLines += 1;
      if (fitted !== undefined) {
        keepChange(replay, fitted);
        applyOperation(replay.state, fitted);
      }
      replay.lastLineMs = Math.max(replay.lastLineMs, line.at);
      replay.released ||= line.op === "release";
    }
    lastNumber = Math.max(lastNumber, line.n);
    replay.state.lastLine = lastNumber;
  }
  if (replay === undefined) return "empty";
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

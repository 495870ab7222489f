import { crc32 } from "node:zlib";
import { boundDepth } from "../../record/bound-depth.js";
import { STORE_LIMITS } from "../disk/limits.js";
import type { OpenOperation, Operation } from "../document/operations.js";

/** The journal version that this code writes. It reads no other. */
export const JOURNAL_VERSION = 1;

/** The keys of every line: its number, and when it was written (milliseconds since 1970). */
export interface LineHead {
  n: number;
  at: number;
}

export type Line = (OpenOperation | Operation) & LineHead;

const LINE_FEED = 0x0a;
const SPACE = 0x20;

const CHECKSUM = /^[0-9a-f]{8}$/;
const CHECKSUM_BYTES = 8;
/** The checksum and the space after it. */
const HEAD_BYTES = CHECKSUM_BYTES + 1;

/**
 * Encodes one line, `<crc32> <json>\n`. Also returns the line as it will be read, independent of the
 * caller's objects. So live state and replay have the same values.
 *
 * Throws a `TypeError` if JSON cannot carry the line.
 */
export function encodeLine<L extends Line>(line: L): { bytes: Buffer; line: L } {
  const json = JSON.stringify(line);
  return { bytes: Buffer.from(`${toHex(crc32(json))} ${json}\n`), line: JSON.parse(json) as L };
}

/** Decodes a line without its line feed; `undefined` if it is damaged. */
export function decodeLine(bytes: Buffer): Line | undefined {
  if (bytes.length < HEAD_BYTES + 1 || bytes[CHECKSUM_BYTES] !== SPACE) return undefined;
  const stated = bytes.toString("latin1", 0, CHECKSUM_BYTES);
  const json = bytes.subarray(HEAD_BYTES);
  if (!CHECKSUM.test(stated) || stated !== toHex(crc32(json))) return undefined;
  return parseLine(json);
}

function parseLine(json: Buffer): Line | undefined {
  try {
    const line: unknown = boundDepth(JSON.parse(json.toString("utf8")));
    return isLine(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it has the keys of every line. The other keys of an operation are checked when it is applied. */
function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null) return false;
  const { n, at, op } = value as { [key: string]: unknown };
  return Number.isSafeInteger(n) && Number.isFinite(at) && typeof op === "string";
}

function toHex(checksum: number): string {
  return checksum.toString(16).padStart(CHECKSUM_BYTES, "0");
}

interface FoundLine {
  /** `undefined` for a damaged line. */
  line: Line | undefined;
  /** Whether it is the last line and has no line feed. */
  isTail: boolean;
  /** Whether it may be the beginning of a line whose write was cut off. */
  isTorn?: boolean;
}

/** A line's beginning, as far as a torn write wrote it. JSON has no control characters. */
const TORN = /^(?:[0-9a-f]{0,8}|[0-9a-f]{8} (?:\{[^\u0000-\u001f]*)?)$/;

/** Nobody writes a longer line. */
const MAX_TORN_BYTES = HEAD_BYTES + STORE_LIMITS.maxLineBytes;

/**
 * Whether a write of ours may have been cut off here. Other bytes at the end of a journal, such as the
 * zeros of a power failure, were acknowledged lines.
 */
function mayBeTorn(rest: Buffer): boolean {
  return rest.length <= MAX_TORN_BYTES && TORN.test(rest.toString("latin1"));
}

export function* readLines(bytes: Buffer): Generator<FoundLine> {
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const isTail = feed === -1;
    const end = isTail ? bytes.length : feed;
    yield* readChunk(bytes.subarray(start, end), isTail);
    start = end + 1;
  }
}

/**
 * Where a line may end if its line feed became another character: between `}` and a checksum followed
 * by ` {`. One of these three may be damaged, because that must not lose the line on the other side.
 */
const LINE_END = /.(?=[0-9a-f]{8} \{)|(?<=\}).(?=[0-9a-f]{8}|.{8} \{|$)/gs;

/**
 * How many places are tried for the end of one line. A message may contain many texts that look like
 * one.
 */
const MAX_LINE_ENDS = 100;
/**
 * How many further places are tried in one chunk, after the first of each line. It limits the time for
 * a file.
 */
const MAX_FURTHER_ENDS = 100_000;

/**
 * Reads a line, or several lines that damaged line feeds joined. A transfer in text mode may have
 * changed all line feeds to CRs: then the lines are whole, and only the line feeds are damaged. After a
 * damaged line, reading goes on where the next line may begin.
 */
function* readChunk(chunk: Buffer, isTail: boolean): Generator<FoundLine> {
  const whole = decodeLine(chunk);
  if (whole !== undefined) return yield { line: whole, isTail };
  const ends = findLineEnds(chunk);
  const budget = { furtherEnds: MAX_FURTHER_ENDS };
  let start = 0;
  let hasLines = false;
  let isUnread = false;
  let hasPassedEnd = false;
  let unreadFrom = 0;
  for (let at = 0; at < ends.length && start < chunk.length;) {
    const found = findLine(chunk, start, { ends, at, budget });
    if (found === undefined) {
      if (!isUnread) unreadFrom = start;
      isUnread = true;
      hasPassedEnd ||= ends[at]! < chunk.length;
      start = ends[at]! + 1;
      at += 1;
      continue;
    }
    if (isUnread) yield { line: undefined, isTail: false };
    const end = ends[found.at]!;
    yield { line: found.line, isTail: isTail && end === chunk.length };
    // The character between this line and the next one is damaged too.
    if (end < chunk.length) yield { line: undefined, isTail: false };
    hasLines = true;
    isUnread = hasPassedEnd = false;
    start = end + 1;
    at = found.at + 1;
  }
  if (!isUnread) return;
  const isLast = isTail && !(hasLines && hasPassedEnd);
  yield {
    line: undefined,
    isTail: isLast,
    ...(isLast && mayBeTorn(chunk.subarray(unreadFrom)) && { isTorn: true }),
  };
}

/** The places where a line of a chunk may end, in order. The last one is the chunk's own end. */
function findLineEnds(chunk: Buffer): number[] {
  const ends = Array.from(chunk.toString("latin1").matchAll(LINE_END), ({ index }) => index);
  if (ends.at(-1) !== chunk.length) ends.push(chunk.length);
  return ends;
}

/**
 * The line that begins at `start`. Its end is the first of the ends, from `at` on, that fits its
 * checksum.
 */
function findLine(
  chunk: Buffer,
  start: number,
  { ends, at, budget }: { ends: readonly number[]; at: number; budget: { furtherEnds: number } },
): { line: Line; at: number } | undefined {
  if (chunk[start + CHECKSUM_BYTES] !== SPACE) return undefined;
  const stated = chunk.subarray(start, start + CHECKSUM_BYTES).toString("latin1");
  if (!CHECKSUM.test(stated)) return undefined;
  const begin = start + HEAD_BYTES;
  // Each byte is summed once, however many ends are tried.
  let checksum = 0;
  let summedTo = begin;
  for (let n = at; n < ends.length && n < at + MAX_LINE_ENDS; n += 1) {
    if (n > at) {
      if (budget.furtherEnds === 0) return undefined;
      budget.furtherEnds -= 1;
    }
    const end = ends[n]!;
    if (end <= begin) continue;
    checksum = crc32(chunk.subarray(summedTo, end), checksum);
    summedTo = end;
    if (toHex(checksum) !== stated) continue;
    const line = parseLine(chunk.subarray(begin, end));
    if (line !== undefined) return { line, at: n };
  }
  return undefined;
}

import { crc32 } from "node:zlib";
import type { OpenOperation, Operation } from "../document/operations.js";

/** The version of the journal that this code writes, and the only one that it reads. */
export const JOURNAL_VERSION = 1;

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

interface FoundLine {
  /** `undefined` for one that is damaged. */
  line: Line | undefined;
  /** Whether it is the last one, and has no end. */
  isTail: boolean;
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

/** Where a line may end whose line feed became another character. */
const LINE_END = /(?<=\}).(?=[0-9a-f]{8} \{|$)/gs;

/** Places that are tried for the end of one line: a message may be full of what looks like one. */
const MAX_LINE_ENDS = 100;
/** How often each byte of such a chunk may be looked at in all, so that no file takes for ever. */
const MAX_LOOKS = 16;

/**
 * Reads a line, or those that damaged line feeds joined: a transfer in text mode may have made CRs
 * of all of them. The lines are whole then, and the line feed between two is what is damaged.
 */
function* readChunk(chunk: Buffer, isTail: boolean): Generator<FoundLine> {
  const whole = decodeLine(chunk);
  if (whole !== undefined) return yield { line: whole, isTail };
  let start = 0;
  let tried = 0;
  let lookedAt = 0;
  for (const { index } of chunk.toString("latin1").matchAll(LINE_END)) {
    lookedAt += index - start;
    tried += 1;
    if (tried > MAX_LINE_ENDS || lookedAt > MAX_LOOKS * chunk.length) break;
    const line = decodeLine(chunk.subarray(start, index));
    if (line === undefined) continue;
    yield { line, isTail: false };
    yield { line: undefined, isTail: false };
    start = index + 1;
    tried = 0;
  }
  if (start === 0) return yield { line: undefined, isTail };
  const rest = chunk.subarray(start);
  if (rest.length > 0) yield { line: decodeLine(rest), isTail };
}

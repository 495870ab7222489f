import { crc32 } from "node:zlib";

/**
 * The lines of a spool file, each `<crc32> <kind> <key> <body>\n`:
 *
 * - `begun` and `ended`: a span. The key is its trace id, its span id and the id of its resource, the
 *   body one `ScopeSpans` of OTLP/JSON; a span that has only begun ends at 0.
 * - `done`: a span, by the first two, that has begun and needs no sending: it was dropped, or went by
 *   way of memory.
 * - `resource`: what the spans behind it refer to, by the id in its key.
 * - `sent`: everything before the byte in the key has been delivered, or dropped. The first one, of
 *   byte 0, has in its body when the file was begun, see `begun-at`.
 * - `carried`: the spans that are still open stand in the next file as well.
 */
export type LineKind = "begun" | "ended" | "done" | "resource" | "sent" | "carried";

export interface SpoolLine {
  kind: LineKind;
  key: string;
  body: Buffer;
}

/** The trace id and the span id in the key of a span or of its line. */
export function spanIdIn({ key }: { key: string }): string {
  return key.slice(0, 48);
}

/** A line where it stands: `end` is the byte behind its line feed. A line that is not whole has no `line`. */
export interface PlacedLine {
  line: SpoolLine | undefined;
  end: number;
}

const LINE = /^([0-9a-f]{8}) (begun|ended|done|resource|sent|carried) ([0-9a-f]+) ?/;
const LINE_FEED = 0x0a;
const LONGEST_HEAD = 96;

export function encodeLine(
  kind: LineKind,
  key: string,
  body: Uint8Array = new Uint8Array(),
): Buffer {
  // JSON on one line holds no line feed, so that a reader can go on behind a damaged line.
  const line = Buffer.concat([Buffer.from(`00000000 ${kind} ${key} `), body, Buffer.from("\n")]);
  line.write(crc32(line.subarray(9, -1)).toString(16).padStart(8, "0"), "latin1");
  return line;
}

/** The whole lines in `bytes`, which begin at byte `from` of their file. A torn tail is not among them. */
export function* decodeLines(bytes: Buffer, from: number): Generator<PlacedLine> {
  for (let start = 0; ;) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end === -1) return;
    yield { line: decodeLine(bytes.subarray(start, end)), end: from + end + 1 };
    start = end + 1;
  }
}

/** A line without its line feed; `undefined` when it is damaged. */
export function decodeLine(bytes: Buffer): SpoolLine | undefined {
  const match = LINE.exec(bytes.toString("latin1", 0, LONGEST_HEAD));
  if (match === null) return undefined;
  const [head, checksum, kind, key] = match;
  if (Number.parseInt(checksum!, 16) !== crc32(bytes.subarray(9))) return undefined;
  return { kind: kind as LineKind, key: key!, body: bytes.subarray(head.length) };
}

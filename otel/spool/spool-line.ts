import { crc32 } from "node:zlib";

/**
 * The lines of a spool file, each `<crc32> <kind> <key> <body>\n`:
 *
 * - `begun` and `ended`: a span. The key is its trace id, its span id and the id of its resource. The
 *   body is one `ScopeSpans` of OTLP/JSON. A span that has only begun has the end 0.
 * - `done`: a span that has begun and needs no sending, because it was dropped or sent from memory. The
 *   key is its trace id and its span id.
 * - `resource`: a resource that later spans refer to. The key is its id.
 * - `sent`: all spans before the byte in the key are delivered or dropped. The first one has byte 0,
 *   and its body tells when the file was begun (see `begun-at`).
 * - `carried`: the spans that are still open are in the next file too.
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

/** A line and its place: `end` is the byte after its line feed. A damaged line has no `line`. */
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
  // JSON on one line has no line feed, so a reader can continue after a damaged line.
  const line = Buffer.concat([Buffer.from(`00000000 ${kind} ${key} `), body, Buffer.from("\n")]);
  line.write(crc32(line.subarray(9, -1)).toString(16).padStart(8, "0"), "latin1");
  return line;
}

/** The whole lines in `bytes`, which begin at byte `from` of their file. A torn last line is left out. */
export function* decodeLines(bytes: Buffer, from: number): Generator<PlacedLine> {
  for (let start = 0; ;) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end === -1) return;
    yield { line: decodeLine(bytes.subarray(start, end)), end: from + end + 1 };
    start = end + 1;
  }
}

/** A line without its line feed; `undefined` if it is damaged. */
export function decodeLine(bytes: Buffer): SpoolLine | undefined {
  const match = LINE.exec(bytes.toString("latin1", 0, LONGEST_HEAD));
  if (match === null) return undefined;
  const [head, checksum, kind, key] = match;
  if (Number.parseInt(checksum!, 16) !== crc32(bytes.subarray(9))) return undefined;
  return { kind: kind as LineKind, key: key!, body: bytes.subarray(head.length) };
}

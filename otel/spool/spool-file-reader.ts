import type { SpoolDescriptor } from "./spool-descriptor.js";
import { type PlacedLine, decodeLines } from "./spool-line.js";
import { UNKNOWN_RESOURCE } from "./span-json.js";

const LINE_FEED = Buffer.from("\n");
const READ_BYTES = 128 * 1024;
/** Four times the largest span. A file with a longer line is no spool file. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;

export interface WaitingSpan {
  key: string;
  /** See `ResourceJson`. */
  resource: string;
  body: Buffer;
  end: number;
}

export interface Batch {
  /** The spans, each with the byte after it (`end`). */
  spans: WaitingSpan[];
  /** The byte after the last line that was examined. */
  end: number;
}

/** The source of reading: the lines of a file up to `size`, and the resources that its spans refer to. */
export interface LineSource {
  readonly path: string;
  readonly size: number;
  readonly resources: ReadonlyMap<string, string>;
}

/** Every whole line of a file. */
export async function* readAllLines(
  descriptor: SpoolDescriptor,
  source: LineSource,
): AsyncGenerator<PlacedLine> {
  for (let from = 0; from < source.size;) {
    const bytes = await readLines(descriptor, source, from);
    if (bytes.length === 0) return;
    yield* decodeLines(bytes, from);
    from += bytes.length;
  }
}

/** The next ended spans after a byte: at least one, if there is any. */
export async function readBatch(
  descriptor: SpoolDescriptor,
  source: LineSource,
  from: number,
  { maxSpans, maxBytes }: { maxSpans: number; maxBytes: number },
): Promise<Batch> {
  const batch: Batch = { spans: [], end: from };
  let byteCount = 0;
  while (batch.end < source.size) {
    const bytes = await readLines(descriptor, source, batch.end);
    if (bytes.length === 0) {
      // Only the beginning of a line follows.
      batch.end = source.size;
      break;
    }
    for (const { line, end } of decodeLines(bytes, batch.end)) {
      if (line?.kind === "ended") {
        byteCount += line.body.length;
        if (batch.spans.length > 0 && byteCount > maxBytes) return batch;
        const { key, body } = line;
        const resource = source.resources.get(key.slice(48)) ?? UNKNOWN_RESOURCE;
        batch.spans.push({ key, resource, body, end });
      }
      batch.end = end;
      if (batch.spans.length === maxSpans) return batch;
    }
  }
  return batch;
}

/** Whole lines from a byte on: at least one, if there is any. Throws if a line has no end. */
async function readLines(
  descriptor: SpoolDescriptor,
  source: LineSource,
  from: number,
): Promise<Buffer> {
  for (let length = READ_BYTES; length <= MAX_LINE_BYTES; length *= 4) {
    const wanted = Math.min(length, source.size - from);
    const buffer = Buffer.allocUnsafe(wanted);
    const bytesRead = await descriptor.read(source.path, buffer, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(LINE_FEED) + 1;
    if (end > 0 || bytesRead < wanted || wanted < length) return buffer.subarray(0, end);
  }
  throw new Error(`a line of over ${MAX_LINE_BYTES} bytes`);
}

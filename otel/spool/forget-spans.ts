import { type FileHandle, constants, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../src/platform/message-of.js";
import { decodeLine, encodeLine } from "./spool-line.js";
import { DAMAGED_SUFFIX, parseSpoolName } from "./spool-name.js";

/** Whose spans are to be forgotten. */
export interface SpansToForget {
  traceIds: ReadonlySet<string>;
  /** The ids of sessions, as `talktrace.session.id` has them. */
  sessionIds: ReadonlySet<string>;
}

export interface ForgottenSpans {
  /** Spans, and damaged lines of them, that were overwritten. */
  spans: number;
  /** Why spans may still be there, one sentence a file. */
  left: string[];
}

/** The value of `ATTR.sessionId`. */
const SESSION_ID = /"talktrace\.session\.id","value":\{"stringValue":("(?:[^"\\]|\\.)*")/;
const NO_IDS = "0".repeat(48);
/** One `ScopeSpans` of OTLP/JSON without spans. An endpoint takes it and stores nothing. */
const NO_SPANS = '{"scope":{"name":""},"spans":[]}';
const PIECE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Overwrites the spans of calls that wait in a spool folder. Lines keep their place and length, so a
 * process that sends this file meanwhile is not disturbed. Spans of another session stay, even if they
 * share a trace.
 *
 * @param isDryRun only counts
 */
export async function forgetSpans(
  directory: string,
  wanted: SpansToForget,
  isDryRun = false,
): Promise<ForgottenSpans> {
  const forgotten: ForgottenSpans = { spans: 0, left: [] };
  const fileNames = await readdir(directory).catch((error: unknown): string[] => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      forgotten.left.push(`spans in "${directory}" cannot be read: ${messageOf(error)}`);
    return [];
  });
  for (const fileName of fileNames.toSorted()) {
    const isDamaged = fileName.endsWith(DAMAGED_SUFFIX);
    const name = isDamaged ? fileName.slice(0, -DAMAGED_SUFFIX.length) : fileName;
    if (parseSpoolName(name) === undefined) continue;
    const path = join(directory, fileName);
    try {
      forgotten.spans += await forgetInFile(path, wanted, isDryRun);
    } catch (error) {
      // It was sent and removed, or another process took it over under another name.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT")
        forgotten.left.push(`spans in "${path}" cannot be overwritten: ${messageOf(error)}`);
    }
  }
  return forgotten;
}

async function forgetInFile(
  path: string,
  wanted: SpansToForget,
  isDryRun: boolean,
): Promise<number> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) throw new Error("it is a link");
  if (!found.isFile()) return 0;
  const mode = isDryRun ? constants.O_RDONLY : constants.O_RDWR;
  const handle = await open(path, mode | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    let count = 0;
    for await (const { line, from } of readLines(handle)) {
      const instead = overwriteLine(line, wanted);
      if (instead === undefined) continue;
      count += 1;
      if (!isDryRun) await handle.write(instead, 0, instead.length, from);
    }
    if (count > 0 && !isDryRun) await handle.datasync();
    return count;
  } finally {
    await handle.close();
  }
}

/** The lines of a file with the byte at which each begins, without line feeds, also a torn last one. */
async function* readLines(handle: FileHandle): AsyncGenerator<{ line: Buffer; from: number }> {
  let kept: Buffer[] = [];
  let keptFrom = 0;
  for (let at = 0; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at);
    const piece = buffer.subarray(0, bytesRead);
    at += bytesRead;
    let start = 0;
    for (let feed = piece.indexOf(LINE_FEED); feed !== -1; feed = piece.indexOf(LINE_FEED, start)) {
      yield { line: Buffer.concat([...kept, piece.subarray(start, feed)]), from: keptFrom };
      kept = [];
      start = feed + 1;
      keptFrom = at - bytesRead + start;
    }
    kept.push(piece.subarray(start));
    if (bytesRead === 0) break;
  }
  const line = Buffer.concat(kept);
  if (line.length > 0) yield { line, from: keptFrom };
}

/**
 * What takes the place of a line: as many bytes, without words and ids. Undefined for a line that stays.
 *
 * - An ended span becomes one `ScopeSpans` without spans, because its process counts it as waiting.
 * - A span that has only begun becomes a span that needs no sending.
 * - A damaged line is filled with spaces. It stays damaged.
 */
function overwriteLine(bytes: Buffer, wanted: SpansToForget): Buffer | undefined {
  const line = decodeLine(bytes);
  if (line === undefined)
    return mentionsAny(bytes, wanted) ? Buffer.alloc(bytes.length, " ") : undefined;
  const { kind, key, body } = line;
  if (kind === "ended") {
    if (!isWanted(key, body, wanted)) return undefined;
    const empty = encodeLine("ended", NO_IDS + key.slice(48), padded(NO_SPANS, body.length));
    // No span is this short. Such a line becomes a damaged one.
    if (empty.length - 1 !== bytes.length) return Buffer.alloc(bytes.length, " ");
    return empty.subarray(0, -1);
  }
  if (kind !== "begun" || !isWanted(key, body, wanted)) return undefined;
  const bare = encodeLine("done", NO_IDS).length - 1;
  return encodeLine("done", NO_IDS, Buffer.alloc(bytes.length - bare, " ")).subarray(0, -1);
}

function padded(text: string, length: number): Buffer {
  return Buffer.from(text.padEnd(length, " "));
}

function isWanted(key: string, body: Buffer, { traceIds, sessionIds }: SpansToForget): boolean {
  const [, json] = SESSION_ID.exec(body.toString("utf8")) ?? [];
  // LiveKit's own spans name no session of ours, so their trace decides.
  if (json === undefined) return traceIds.has(key.slice(0, 32));
  return sessionIds.has(JSON.parse(json) as string);
}

function mentionsAny(bytes: Buffer, { traceIds, sessionIds }: SpansToForget): boolean {
  for (const id of traceIds) if (bytes.includes(id)) return true;
  for (const id of sessionIds) if (bytes.includes(JSON.stringify(id))) return true;
  return false;
}

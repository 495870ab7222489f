import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstat,
  openSync,
  read,
  readSync,
  renameSync,
  unlinkSync,
  utimes,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type SpanJson, UNKNOWN_RESOURCE } from "./span-json.js";
import { codeOf } from "./disk-fault.js";
import { type PlacedLine, decodeLine, decodeLines, encodeLine } from "./spool-line.js";
import { DAMAGED_SUFFIX, type SpoolName, nameSpoolFile } from "./spool-name.js";

const readInto = promisify(read);
const look = promisify(lstat);
const READ_AND_APPEND = constants.O_RDWR | constants.O_APPEND;
// Windows has no such flag, and O_EXCL follows no link either.
const NO_LINK = constants.O_NOFOLLOW ?? 0;
const LINE_FEED = Buffer.from("\n");
const READ_BYTES = 128 * 1024;

export interface WaitingSpan {
  key: string;
  /** See `ResourceJson`. */
  resource: string;
  body: Buffer;
  end: number;
}

export interface Batch {
  /** The spans, each with the byte behind it. */
  spans: WaitingSpan[];
  /** The byte behind the last line looked at. */
  end: number;
}

/** One file of spans that wait. Only its owner writes to it, and only at its end. */
export class SpoolFile {
  readonly name: SpoolName;
  /** The resources that stand in the file, by their ids. */
  readonly resources = new Map<string, string>();
  /** Bytes of whole lines. */
  size = 0;
  /** Everything before this byte is done with. */
  sentTo = 0;
  /** Ended spans behind `sentTo`, and damaged lines, which may have been such. */
  waiting = 0;
  /** How much of it was surely there when this process last gave a sign of life. */
  shownTo = 0;
  /** When the disk may be asked for it again, by `performance.now()`. */
  retryAtMs = 0;
  #path: string;
  #fd: number | undefined;
  /** Which file it is, whatever its name. */
  #identity = "";
  #lastSignMs = 0;
  #isTorn = false;
  #readCount = 0;

  constructor(path: string, name: SpoolName) {
    this.#path = path;
    this.name = name;
  }

  get path(): string {
    return this.#path;
  }

  /** Throws what the file system says, `EEXIST` when something stands there. */
  create(): void {
    this.#fd = this.#create();
    this.#identity = identityOf(fstatSync(this.#fd));
  }

  #create(): number {
    const flags = READ_AND_APPEND | constants.O_CREAT | constants.O_EXCL | NO_LINK;
    return openSync(this.#path, flags, 0o600);
  }

  /** Opens a file that another process began; gives when that was last written to, in epoch ms. */
  open(): number {
    const found = fstatSync(this.#descriptor());
    if (!found.isFile()) throw new Error("not a file");
    this.size = found.size;
    this.#identity = identityOf(found);
    this.#lastSignMs = found.mtimeMs;
    return found.mtimeMs;
  }

  #descriptor(): number {
    this.#fd ??= openSync(this.#path, READ_AND_APPEND | NO_LINK);
    return this.#fd;
  }

  /** Appends whole lines, or nothing of them. Throws what the file system says. */
  append(lines: Buffer): void {
    const fd = this.#descriptor();
    let written = 0;
    try {
      if (this.#isTorn) {
        writeSync(fd, LINE_FEED);
        this.size += 1;
        this.#isTorn = false;
      }
      while (written < lines.length) written += writeSync(fd, lines, written);
      this.size += lines.length;
    } catch (error) {
      if (written > 0) this.#takeBack(fd, written);
      throw error;
    }
  }

  /** Appends spans, all of them or none, and the resources that they need. */
  appendSpans(spans: readonly (SpanJson & { kind: "begun" | "ended" })[]): void {
    const lines: Buffer[] = [];
    const added = new Map<string, string>();
    for (const { kind, key, resource, body } of spans) {
      if (!this.resources.has(resource.id) && !added.has(resource.id)) {
        added.set(resource.id, resource.json);
        lines.push(encodeLine("resource", resource.id, Buffer.from(resource.json)));
      }
      lines.push(encodeLine(kind, key, body));
    }
    this.append(lines.length === 1 ? lines[0]! : Buffer.concat(lines));
    for (const [id, json] of added) this.resources.set(id, json);
  }

  #takeBack(fd: number, written: number): void {
    try {
      ftruncateSync(fd, this.size);
    } catch {
      this.#isTorn = true;
      this.size += written;
    }
  }

  /**
   * Cuts off a last line that its writer could not finish, which begins at byte `from`. One of which
   * nothing but the line feed is missing or damaged was finished, and gets it back.
   */
  async mendTail(from: number): Promise<PlacedLine | undefined> {
    if (from === this.size) return undefined;
    const tail = Buffer.alloc(this.size - from);
    await this.#read(tail, from);
    const whole = [tail, tail.subarray(0, -1)].find((bytes) => decodeLine(bytes) !== undefined);
    this.#cutTo(from + (whole?.length ?? 0));
    if (whole === undefined) return undefined;
    this.append(LINE_FEED);
    return { line: decodeLine(whole), end: this.size };
  }

  #cutTo(size: number): void {
    ftruncateSync(this.#descriptor(), size);
    this.size = size;
  }

  /** Every whole line of the file. */
  async *lines(): AsyncGenerator<PlacedLine> {
    for (let from = 0; from < this.size;) {
      const bytes = await this.#readLines(from);
      if (bytes.length === 0) return;
      yield* decodeLines(bytes, from);
      from += bytes.length;
    }
  }

  /** The next ended spans behind `sentTo`. */
  async next(maxSpans: number, maxBytes: number): Promise<Batch> {
    const batch: Batch = { spans: [], end: this.sentTo };
    let byteCount = 0;
    while (batch.end < this.size) {
      const bytes = await this.#readLines(batch.end);
      if (bytes.length === 0) {
        // Behind it is nothing but the beginning of a line.
        batch.end = this.size;
        break;
      }
      for (const { line, end } of decodeLines(bytes, batch.end)) {
        if (line?.kind === "ended") {
          byteCount += line.body.length;
          if (batch.spans.length > 0 && byteCount > maxBytes) return batch;
          const { key, body } = line;
          const resource = this.resources.get(key.slice(48)) ?? UNKNOWN_RESOURCE;
          batch.spans.push({ key, resource, body, end });
        }
        batch.end = end;
        if (batch.spans.length === maxSpans) return batch;
      }
    }
    return batch;
  }

  /** Whole lines from a byte on: one at least, when there is one. */
  async #readLines(from: number): Promise<Buffer> {
    for (let length = READ_BYTES; ; length *= 4) {
      const wanted = Math.min(length, this.size - from);
      const buffer = Buffer.allocUnsafe(wanted);
      const bytesRead = await this.#read(buffer, from);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(LINE_FEED) + 1;
      if (end > 0 || bytesRead < wanted || wanted < length) return buffer.subarray(0, end);
    }
  }

  async #read(buffer: Buffer, from: number): Promise<number> {
    const fd = this.#descriptor();
    this.#readCount += 1;
    try {
      return (await readInto(fd, buffer, 0, buffer.length, from)).bytesRead;
    } finally {
      this.#readCount -= 1;
      if (this.#readCount === 0 && this.#fd !== fd) closeSync(fd);
    }
  }

  /** Notes that everything before a byte is done with. Throws what the file system says. */
  markSent(end: number, spanCount: number): void {
    this.sentTo = end;
    this.waiting = Math.max(0, this.waiting - spanCount);
    this.append(encodeLine("sent", hexOf(end)));
  }

  /** What stands where the file should be. */
  async find(): Promise<"itself" | "nothing" | "another"> {
    try {
      return identityOf(await look(this.#path)) === this.#identity ? "itself" : "another";
    } catch (error) {
      // A disk that does not answer has not lost it.
      return codeOf(error) === "ENOENT" ? "nothing" : "itself";
    }
  }

  /**
   * Writes the file once more where it stood, by what is still open of it; false when nothing is.
   * Throws what the file system says.
   */
  restore(): boolean {
    const lost = this.#fd;
    if (lost === undefined) return false;
    const bytes = this.#bytesFrom(0);
    const fd = this.#create();
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
      this.#identity = identityOf(fstatSync(fd));
    } catch (error) {
      closeSync(fd);
      unlinkSync(this.#path);
      throw error;
    }
    this.#fd = fd;
    if (this.#readCount === 0) closeSync(lost);
    return true;
  }

  /** The spans that ended behind a byte, as far as they can still be read. */
  endedBehind(from: number): SpanJson[] {
    const lines = this.#fd === undefined ? [] : [...decodeLines(this.#bytesFrom(from), from)];
    return lines.flatMap(({ line }) => {
      if (line?.kind !== "ended") return [];
      const id = line.key.slice(48);
      const json = this.resources.get(id) ?? UNKNOWN_RESOURCE;
      return [{ key: line.key, resource: { id, json }, body: line.body }];
    });
  }

  #bytesFrom(from: number): Buffer {
    const fd = this.#descriptor();
    const bytes = Buffer.alloc(this.size - from);
    for (let at = 0; at < bytes.length;) {
      const bytesRead = readSync(fd, bytes, at, bytes.length - at, from + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes;
  }

  /** A sign of life. */
  touch(): void {
    const now = new Date();
    utimes(this.#path, now, now, () => undefined);
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    // The number of a descriptor that is closed under a read may mean another file by then.
    if (fd !== undefined && this.#readCount === 0) closeSync(fd);
  }

  /** Lets go of the file, so that any process may take it. */
  release(): void {
    this.#rename(nameSpoolFile({ ...this.name, owner: undefined }));
    this.close();
  }

  /** As `release()`, and as if it had never been taken over: its last sign of life is its owner's. */
  giveBack(): void {
    if (this.#fd !== undefined) futimesSync(this.#fd, new Date(), this.#lastSignMs / 1000);
    this.release();
  }

  /** Keeps the file for people to look at; no process takes it again. */
  setAside(): void {
    this.close();
    this.#rename(this.#damagedName());
  }

  /** Keeps what somebody put in the place of this file, and gives its new path. */
  pushAside(): string {
    const path = join(dirname(this.#path), this.#damagedName());
    renameSync(this.#path, path);
    return path;
  }

  #damagedName(): string {
    return nameSpoolFile({ ...this.name, owner: undefined }) + DAMAGED_SUFFIX;
  }

  #rename(fileName: string): void {
    const path = join(dirname(this.#path), fileName);
    renameSync(this.#path, path);
    this.#path = path;
  }

  remove(): void {
    this.close();
    unlinkSync(this.#path);
  }
}

function identityOf({ dev, ino }: { dev: number; ino: number }): string {
  return `${dev}-${ino}`;
}

/** A byte's position as a line's key has it. */
function hexOf(position: number): string {
  return position.toString(16);
}

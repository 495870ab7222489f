import {
  closeSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstat,
  unlinkSync,
  utimes,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { codeOf } from "./disk-fault.js";
import { type SpanJson, UNKNOWN_RESOURCE } from "./span-json.js";
import {
  SpoolDescriptor,
  createFile,
  identityOf,
  identityOfDescriptor,
} from "./spool-descriptor.js";
import { SpoolFileName } from "./spool-file-name.js";
import { type Batch, readAllLines, readBatch } from "./spool-file-reader.js";
import { type PlacedLine, decodeLine, decodeLines, encodeLine } from "./spool-line.js";
import type { SpoolName } from "./spool-name.js";

export type { Batch, WaitingSpan } from "./spool-file-reader.js";

const look = promisify(lstat);
const LINE_FEED = Buffer.from("\n");

/** One file of waiting spans. Only its owner writes to it, and only at its end. */
export class SpoolFile {
  readonly name: SpoolName;
  /** The resources in the file, by id. */
  readonly resources = new Map<string, string>();
  /** Bytes of whole lines. */
  size = 0;
  /** All spans before this byte are delivered or dropped. */
  sentTo = 0;
  /** Ended spans after `sentTo`, and damaged lines, which may have been spans. */
  waiting = 0;
  /** How much of the file was certainly there at this process's last sign of life. */
  shownTo = 0;
  /** The ends of spans after `sentTo` that were delivered before earlier spans. */
  readonly sentAhead = new Set<number>();
  /** When reading may be tried again, by `performance.now()`. */
  retryAtMs = 0;
  /** When the file was begun, by `performance.now()`, which nobody can set. */
  #begunMs: number;
  readonly #fileName: SpoolFileName;
  readonly #descriptor = new SpoolDescriptor();
  #identity = "";
  #lastSignMs = 0;
  #isTorn = false;

  constructor(path: string, name: SpoolName) {
    this.#fileName = new SpoolFileName(path, name);
    this.name = name;
    this.#begunMs = performance.now() - Math.max(0, Date.now() - name.createdMs);
  }

  /** The age of the file in milliseconds. Setting the system's clock forward does not change it. */
  get ageMs(): number {
    return performance.now() - this.#begunMs;
  }

  /** The file's content knows its age better than its name, which has the time of the system's clock. */
  set ageMs(ageMs: number) {
    this.#begunMs = performance.now() - ageMs;
  }

  get path(): string {
    return this.#fileName.path;
  }

  /** Throws the file system's error, `EEXIST` if the path is taken. */
  create(): void {
    this.#identity = identityOfDescriptor(this.#descriptor.create(this.path));
  }

  /**
   * Opens a file that another process began. Returns when it was last written to, in epoch
   * milliseconds.
   *
   * @param maxBytes a larger file is no spool file, and is not read
   */
  open(maxBytes: number): number {
    const found = fstatSync(this.#descriptor.open(this.path));
    if (!found.isFile()) throw new Error("not a file");
    // We cut and append. If the file has a second name, that would change somebody else's file.
    if (found.nlink > 1) throw new Error("it has another name as well (a hard link)");
    if (found.size > maxBytes) throw new Error(`larger than ${maxBytes} bytes`);
    this.size = found.size;
    this.#identity = identityOf(found);
    this.#lastSignMs = found.mtimeMs;
    return found.mtimeMs;
  }

  /** Appends whole lines, or nothing. Throws the file system's error. */
  append(lines: Buffer): void {
    const fd = this.#descriptor.open(this.path);
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

  /** Appends spans, all or none, and the resources that they need. */
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
   * Removes an unfinished last line, which begins at byte `from`. A line that lacks only its line feed
   * was finished, and gets the line feed back.
   */
  async mendTail(from: number): Promise<PlacedLine | undefined> {
    if (from === this.size) return undefined;
    const tail = Buffer.alloc(this.size - from);
    await this.#descriptor.read(this.path, tail, from);
    const whole = [tail, tail.subarray(0, -1)].find((bytes) => decodeLine(bytes) !== undefined);
    this.#cutTo(from + (whole?.length ?? 0));
    if (whole === undefined) return undefined;
    this.append(LINE_FEED);
    return { line: decodeLine(whole), end: this.size };
  }

  #cutTo(size: number): void {
    ftruncateSync(this.#descriptor.open(this.path), size);
    this.size = size;
  }

  /** Every whole line of the file. */
  lines(): AsyncGenerator<PlacedLine> {
    return readAllLines(this.#descriptor, this);
  }

  /** The next ended spans after `sentTo`. */
  next(maxSpans: number, maxBytes: number): Promise<Batch> {
    return readBatch(this.#descriptor, this, this.sentTo, { maxSpans, maxBytes });
  }

  /** Notes that all spans before a byte are delivered or dropped. Throws the file system's error. */
  markSent(end: number, spanCount: number): void {
    this.sentTo = end;
    for (const ahead of this.sentAhead) if (ahead <= end) this.sentAhead.delete(ahead);
    this.waiting = Math.max(0, this.waiting - spanCount);
    this.append(encodeLine("sent", end.toString(16)));
  }

  /** What is at the file's path. */
  async find(): Promise<"itself" | "nothing" | "another"> {
    try {
      return identityOf(await look(this.path)) === this.#identity ? "itself" : "another";
    } catch (error) {
      // A disk that does not answer has not lost the file.
      return codeOf(error) === "ENOENT" ? "nothing" : "itself";
    }
  }

  /**
   * Writes the file again at its path, from its open descriptor. Returns false if the descriptor is
   * closed. Throws the file system's error.
   */
  restore(): boolean {
    if (!this.#descriptor.isOpen) return false;
    const bytes = this.#descriptor.readSync(this.path, 0, this.size);
    const fd = createFile(this.path);
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
      this.#identity = identityOfDescriptor(fd);
    } catch (error) {
      closeSync(fd);
      unlinkSync(this.path);
      throw error;
    }
    this.#descriptor.replace(fd);
    return true;
  }

  /** The spans that ended after a byte, as far as they can still be read. */
  endedBehind(from: number): SpanJson[] {
    if (!this.#descriptor.isOpen) return [];
    const bytes = this.#descriptor.readSync(this.path, from, this.size);
    return [...decodeLines(bytes, from)].flatMap(({ line }) => {
      if (line?.kind !== "ended") return [];
      const id = line.key.slice(48);
      const json = this.resources.get(id) ?? UNKNOWN_RESOURCE;
      return [{ key: line.key, resource: { id, json }, body: line.body }];
    });
  }

  /** Shows that the owner lives. */
  touch(): void {
    const now = new Date();
    utimes(this.path, now, now, () => undefined);
  }

  close(): void {
    this.#descriptor.close();
  }

  /** Releases the file, so that any process may take it. */
  release(): void {
    this.#fileName.release();
    this.close();
  }

  /** Like `release()`, but restores its owner's last sign of life, as if it had never been taken over. */
  giveBack(): void {
    if (this.#descriptor.isOpen) {
      futimesSync(this.#descriptor.open(this.path), new Date(), this.#lastSignMs / 1000);
    }
    this.release();
  }

  /** Sets the file aside for people to look at. No process takes it again. */
  setAside(): void {
    this.close();
    this.#fileName.setAside();
  }

  /** Renames a foreign file at this path, and returns its new path. */
  pushAside(): string {
    return this.#fileName.pushAside();
  }

  remove(): void {
    this.close();
    this.#fileName.remove();
  }
}

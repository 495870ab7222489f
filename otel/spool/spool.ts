import { randomBytes } from "node:crypto";
import { rmdirSync } from "node:fs";
import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { makeFolder } from "../../src/record/make-folder.js";
import { currentClaimant } from "../../src/record/owner.js";
import { adoptFiles, setAside } from "./adopt.js";
import type { SpoolLimits } from "./limits.js";
import { createOpenSpans } from "./open-spans.js";
import { type SpanJson, encodeSpan, idOf } from "./span-json.js";
import { type Batch, SpoolFile } from "./spool-file.js";
import { encodeLine } from "./spool-line.js";
import { nameSpoolFile } from "./spool-name.js";

export interface SpoolOptions {
  directory: string;
  limits: SpoolLimits;
  report: (line: string) => void;
  /** Is told of spans that will never be sent, and why. */
  onDropped: (count: number, why: string) => void;
  /** Is told that files were taken over, which may hold spans to send. */
  onAdopted: () => void;
}

/** How long a disk that took no new file is left alone. */
const RETRY_BEGIN_MS = 1000;

/** The next spans to send, and the file that they stand in. */
export interface SpoolBatch extends Batch {
  file: SpoolFile;
}

/**
 * Ended spans that wait on disk, in order, and the open ones in case of a crash. No file is there
 * before the first span. Any number of processes share a folder: each writes and reads its own
 * files, and takes over those of processes that died.
 */
export class Spool {
  readonly #directory: string;
  readonly #limits: SpoolLimits;
  readonly #report: (line: string) => void;
  readonly #onDropped: (count: number, why: string) => void;
  readonly #onAdopted: () => void;
  readonly #open;
  readonly #lane = randomBytes(4).toString("hex");
  /** Oldest first. */
  #files: SpoolFile[] = [];
  #current: SpoolFile | undefined;
  /** Bytes at the beginning of the current file that were carried over from the one before. */
  #carriedBytes = 0;
  #lastCreatedMs = 0;
  /** No new file before this, by a clock that nobody sets back; and why. */
  #retryAtMs = 0;
  #lastBeginFault = new Error("no file could be made");
  #heartbeat: NodeJS.Timeout | undefined;
  #adopting: Promise<void> | undefined;
  #isClosed = false;
  #lastFault = "";

  constructor({ directory, limits, report, onDropped, onAdopted }: SpoolOptions) {
    this.#directory = directory;
    this.#limits = limits;
    this.#report = report;
    this.#onDropped = onDropped;
    this.#onAdopted = onAdopted;
    this.#open = createOpenSpans(limits.maxOpenSpans);
  }

  /** Ended spans that wait, as far as is known. */
  get waiting(): number {
    return this.#files.reduce((sum, file) => sum + file.waiting, 0);
  }

  /** Keeps in mind that a span has begun; `writeOpen` brings it to disk. */
  begin(span: ReadableSpan): void {
    this.#open.begin(span);
  }

  /** Writes down what has begun and not ended. Throws what the file system says. */
  writeOpen(): void {
    if (this.#open.freshCount === 0) return;
    // A new file begins with all that is open, so look for what is fresh only then.
    const file = this.#writable();
    const spans = this.#open.fresh();
    if (spans.length === 0) return;
    file.appendSpans(spans.map(asBegun));
    this.#open.markWritten();
  }

  /** The span survives the process when this returns. Throws what the file system says. */
  end(span: ReadableSpan): void {
    const ended = encodeSpan(span);
    if (ended.body.length > this.#limits.maxSpanBytes) {
      this.#open.end(idOf(span));
      return this.#onDropped(1, `larger than ${this.#limits.maxSpanBytes} bytes`);
    }
    const file = this.#writable();
    this.#open.end(idOf(span));
    // Before the first child's line there is the parent's: no span without its parent.
    file.appendSpans([...this.#open.fresh().map(asBegun), { kind: "ended", ...ended }]);
    this.#open.markWritten();
    file.waiting += 1;
  }

  /** The file to append to: the current one, or a new one where that is full or old. */
  #writable(): SpoolFile {
    const current = this.#current;
    if (current === undefined) return this.#begin();
    const { fileBytes, fileAgeMs } = this.#limits;
    const isFull = current.size - this.#carriedBytes >= Math.max(fileBytes, 2 * this.#carriedBytes);
    if (!isFull && Date.now() - current.name.createdMs < fileAgeMs) return current;
    const next = this.#begin();
    // Only now: a crash in between leaves both files with the open spans, and the newer one counts.
    this.#attempt(() => current.append(encodeLine("carried", "0")));
    if (current.waiting === 0) this.#finish(current);
    else current.close();
    void this.#keepBounds();
    return next;
  }

  #begin(): SpoolFile {
    if (performance.now() < this.#retryAtMs) throw this.#lastBeginFault;
    const createdMs = Math.max(Date.now(), this.#lastCreatedMs + 1);
    const name = { createdMs, lane: this.#lane, owner: currentClaimant() };
    const file = new SpoolFile(join(this.#directory, nameSpoolFile(name)), name);
    try {
      this.#fill(file);
    } catch (error) {
      // A disk that fails is not asked again for each span, and gets no file that nobody knows of.
      this.#retryAtMs = performance.now() + RETRY_BEGIN_MS;
      this.#lastBeginFault = error as Error;
      throw error;
    }
    this.#lastCreatedMs = createdMs;
    this.#carriedBytes = file.size;
    this.#current = file;
    this.#files.push(file);
    this.#beat();
    return file;
  }

  /** Makes a new file, with all that is open in it, or none. */
  #fill(file: SpoolFile): void {
    makeFolder(this.#directory);
    file.create();
    try {
      const spans = this.#open.all();
      if (spans.length > 0) file.appendSpans(spans.map(asBegun));
      this.#open.markWritten();
    } catch (error) {
      this.#attempt(() => file.remove());
      throw error;
    }
  }

  #beat(): void {
    if (this.#heartbeat !== undefined) return;
    void this.adopt();
    this.#heartbeat = setInterval(() => {
      // Those that wait for their endpoint as well: quiet files count as abandoned elsewhere.
      for (const file of this.#files) file.touch();
      void this.adopt();
    }, this.#limits.heartbeatMs).unref();
  }

  /** Takes over what dead processes left. Never rejects. */
  adopt(): Promise<void> {
    this.#adopting ??= this.#adopt().finally(() => (this.#adopting = undefined));
    return this.#adopting;
  }

  async #adopt(): Promise<void> {
    let recovered = 0;
    let isAny = false;
    for await (const adopted of adoptFiles(
      this.#directory,
      this.#limits.foreignQuietMs,
      this.#report,
    )) {
      const { file } = adopted;
      if (this.#isClosed) {
        this.#attempt(() => file.release());
        return;
      }
      isAny = true;
      recovered += adopted.recovered;
      this.#files.push(file);
      this.#files.sort((a, b) => a.name.createdMs - b.name.createdMs);
      file.close();
    }
    if (recovered > 0) {
      this.#report(
        `${recovered} spans had not ended when their process did; they are sent as recovered`,
      );
    }
    if (!isAny) return;
    this.#onAdopted();
    await this.#keepBounds();
  }

  /** The next spans, oldest first. Never rejects. */
  async next(maxSpans: number): Promise<SpoolBatch | undefined> {
    await this.#adopting;
    for (;;) {
      const file = this.#files[0];
      if (file === undefined || this.#isClosed) return undefined;
      if (Date.now() - file.name.createdMs > this.#limits.maxAgeMs && file !== this.#current) {
        this.#drop(file, "too old");
        continue;
      }
      const batch = await file
        .next(maxSpans, this.#limits.maxRequestBytes)
        .catch((error: unknown) => {
          this.#forget(file);
          // Somebody who took us for dead has renamed it, and sends what is in it.
          if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
          if (file.waiting > 0) this.#onDropped(file.waiting, "unreadable");
          this.#report(setAside(file, error));
        });
      if (batch === undefined || !this.#files.includes(file)) continue;
      if (batch.spans.length > 0) return { file, ...batch };
      if (file === this.#current) {
        file.sentTo = batch.end;
        return undefined;
      }
      this.#finish(file);
    }
  }

  /** The first spans of a batch are done with: all, or those before the byte `end`. */
  markSent(batch: SpoolBatch, end: number = batch.end): void {
    const { file } = batch;
    if (!this.#files.includes(file)) return;
    const count = batch.spans.filter((span) => span.end <= end).length;
    // What cannot be noted is sent again after a crash, no more than that.
    this.#attempt(() => file.markSent(end, count));
  }

  /** Puts a batch behind everything else; false when that is where it stands. */
  requeue(batch: SpoolBatch): boolean {
    const current = this.#current;
    if (current === undefined || batch.file === current) return false;
    const spans = batch.spans.map(({ key, resource, body }) => {
      return { kind: "ended", key, resource: { id: key.slice(48), json: resource }, body } as const;
    });
    try {
      current.appendSpans(spans);
    } catch {
      return false;
    }
    current.waiting += spans.length;
    this.markSent(batch);
    return true;
  }

  /** All of a file was sent that can be. A damaged one is kept for people to look at. */
  #finish(file: SpoolFile): void {
    this.#forget(file);
    if (file.waiting === 0) return this.#attempt(() => file.remove());
    this.#onDropped(file.waiting, "damaged on disk");
    this.#report(setAside(file, new Error(`${file.waiting} damaged lines`)));
  }

  #drop(file: SpoolFile, why: string): void {
    this.#forget(file);
    if (file.waiting > 0) this.#onDropped(file.waiting, why);
    this.#attempt(() => file.remove());
  }

  #forget(file: SpoolFile): void {
    this.#files = this.#files.filter((other) => other !== file);
    if (this.#current === file) this.#current = undefined;
  }

  /** Drops the oldest of what is ours to drop until the folder is within its bounds. Never rejects. */
  async #keepBounds(): Promise<void> {
    const fileNames = await readdir(this.#directory).catch((): string[] => []);
    const sizes = await Promise.all(
      fileNames.map(async (fileName) => {
        const path = join(this.#directory, fileName);
        return { path, size: (await stat(path).catch(() => undefined))?.size ?? 0 };
      }),
    );
    let excess = sizes.reduce((sum, { size }) => sum + size, 0) - this.#limits.maxBytes;
    for (const { path, size } of sizes) {
      if (excess <= 0) return;
      if (!path.endsWith(".damaged")) continue;
      await unlink(path).catch(() => undefined);
      excess -= size;
    }
    for (const file of this.#files) {
      if (excess <= 0) return;
      if (file === this.#current) continue;
      excess -= file.size;
      this.#drop(file, "no room");
    }
  }

  /** Leaves what waits to the next process. Nothing more is written after this. */
  release(): void {
    this.#attempt(() => this.writeOpen());
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    for (const file of this.#files) {
      const isDone = file.waiting === 0 && (file !== this.#current || this.#open.count === 0);
      this.#attempt(() => (isDone ? file.remove() : file.release()));
    }
    this.#files = [];
    this.#current = undefined;
    try {
      rmdirSync(this.#directory);
    } catch {
      // Not empty, or never made.
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
      this.#lastFault = "";
    } catch (error) {
      const fault = (error as Error).message;
      // A full disk says the same each time.
      if (fault !== this.#lastFault) this.#report(`The spool "${this.#directory}" fails: ${fault}`);
      this.#lastFault = fault;
    }
  }
}

function asBegun(span: SpanJson): SpanJson & { kind: "begun" } {
  return { kind: "begun", ...span };
}

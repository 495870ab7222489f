import { randomBytes } from "node:crypto";
import { readdirSync, rmdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { makeFolder } from "../../src/record/make-folder.js";
import { currentClaimant } from "../../src/record/owner.js";
import { adoptFiles, setAside } from "./adopt.js";
import { codeOf, isDiskFault, messageOf } from "./disk-fault.js";
import { keepBounds } from "./keep-bounds.js";
import type { SpoolLimits } from "./limits.js";
import { createOpenSpans } from "./open-spans.js";
import { type SpanJson, idOf } from "./span-json.js";
import { type Batch, SpoolFile, type WaitingSpan } from "./spool-file.js";
import { encodeLine, spanIdIn } from "./spool-line.js";
import { nameSpoolFile, parseSpoolName } from "./spool-name.js";

export interface SpoolOptions {
  directory: string;
  limits: SpoolLimits;
  report: (line: string) => void;
  /** Is told of spans that will never be sent, and why. */
  onDropped: (count: number, why: string) => void;
  /** Is told that files were taken over, which may hold spans to send. */
  onAdopted: () => void;
}

/** How long a disk that took no new file, or did not give one, is left alone. */
const RETRY_MS = 1000;

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
  #isChecking = false;
  /** The last sign of life, in epoch milliseconds: a process that stands still has no other clock. */
  #lastBeatMs = Date.now();
  /** Spans that stand in the current file as begun, and whose end did not get there. */
  readonly #unended = new Set<string>();
  #lastFault = "";
  #lastAdoptLine = "";
  #readFault = "";

  constructor({ directory, limits, report, onDropped, onAdopted }: SpoolOptions) {
    this.#directory = directory;
    this.#limits = limits;
    this.#report = report;
    this.#onDropped = onDropped;
    this.#onAdopted = onAdopted;
    this.#open = createOpenSpans(limits.maxOpenSpans, (span, error) =>
      report(
        `A crash would lose the open span "${span.name}", which cannot be encoded: ${messageOf(error)}`,
      ),
    );
  }

  /** Ended spans that wait, as far as is known. */
  get waiting(): number {
    return this.#files.reduce((sum, file) => sum + file.waiting, 0);
  }

  /** Keeps in mind that a span has begun; `writeOpen` brings it to disk. */
  begin(span: ReadableSpan): void {
    this.#open.begin(span);
  }

  /** Has open spans written down as they are from now on, where that is done again. */
  encodeAnew(): void {
    this.#open.encodeAnew();
  }

  /** Has it that a span was never begun. */
  forgetOpen(span: ReadableSpan): void {
    this.#open.end(idOf(span));
  }

  /** Writes down what has begun and not ended. Throws what the file system says. */
  writeOpen(): void {
    if (this.#open.freshCount === 0) return;
    // A new file begins with all that is open, so look for what is fresh only then.
    const file = this.#writable();
    const spans = this.#open.fresh();
    if (spans.length === 0) return;
    file.appendSpans(spans.map(asBegun));
    this.#open.markWritten(spans);
  }

  /** The span survives the process when this returns. Throws what the file system says. */
  end(span: SpanJson): void {
    const id = spanIdIn(span);
    const hasBegun = this.#open.isWritten(id);
    if (span.body.length > this.#limits.maxSpanBytes) {
      this.#open.end(id);
      if (hasBegun) this.#unended.add(id);
      this.settle([span]);
      return this.#onDropped(1, `larger than ${this.#limits.maxSpanBytes} bytes`);
    }
    try {
      const file = this.#writable();
      this.#open.end(id);
      // Before the first child's line there is the parent's: no span without its parent.
      const fresh = this.#open.fresh();
      file.appendSpans([...fresh.map(asBegun), { kind: "ended", ...span }]);
      this.#open.markWritten(fresh);
      file.waiting += 1;
    } catch (error) {
      this.#open.end(id);
      if (hasBegun) this.#unended.add(id);
      throw error;
    }
  }

  /** As `end()`, for spans whose end the disk did not take before: all of them or none. */
  endLater(spans: readonly SpanJson[]): void {
    const file = this.#writable();
    file.appendSpans(spans.map(asEnded));
    file.waiting += spans.length;
    for (const span of spans) this.#unended.delete(spanIdIn(span));
  }

  /** Has it that spans whose end is not on disk are no open ones: nobody needs to send them. */
  settle(spans: readonly SpanJson[]): void {
    const ids = spans.map(spanIdIn).filter((id) => this.#unended.has(id));
    const current = this.#current;
    if (ids.length === 0 || current === undefined) return;
    this.#attempt(() => {
      current.append(Buffer.concat(ids.map((id) => encodeLine("done", id))));
      for (const id of ids) this.#unended.delete(id);
    });
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
      this.#retryAtMs = performance.now() + RETRY_MS;
      this.#lastBeginFault = error as Error;
      throw error;
    }
    this.#lastCreatedMs = createdMs;
    this.#carriedBytes = file.size;
    this.#unended.clear();
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
      const fresh = this.#open.fresh();
      const spans = [...this.#open.written(), ...fresh];
      if (spans.length > 0) file.appendSpans(spans.map(asBegun));
      this.#open.markWritten(fresh);
    } catch (error) {
      this.#attempt(() => file.remove());
      throw error;
    }
  }

  #beat(): void {
    if (this.#heartbeat !== undefined) return;
    void this.adopt();
    this.#lastBeatMs = Date.now();
    this.#heartbeat = setInterval(() => {
      void this.#check();
      void this.adopt();
    }, this.#limits.heartbeatMs).unref();
  }

  /** Gives a sign of life, and looks whether the files are still there. Never rejects. */
  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const wasQuiet = this.#wasQuiet();
    this.#lastBeatMs = Date.now();
    // Those that wait for their endpoint as well: quiet files count as abandoned elsewhere.
    for (const file of this.#files.slice()) {
      const { size } = file;
      const found = await file.find();
      if (!this.#files.includes(file)) continue;
      if (found === "itself") {
        file.touch();
        file.shownTo = size;
      } else this.#attempt(() => this.#rescue(file, found, wasQuiet));
    }
    this.#isChecking = false;
  }

  /** Whether others may have taken this process for dead. */
  #wasQuiet(): boolean {
    return Date.now() - this.#lastBeatMs >= this.#limits.foreignQuietMs;
  }

  /** What to do for a file that is not where it was. Throws what the file system says. */
  #rescue(file: SpoolFile, found: "nothing" | "another", wasQuiet: boolean): void {
    makeFolder(this.#directory);
    if (wasQuiet || this.#isTakenOver(file)) return this.#cede(file);
    if (found === "another") {
      this.#report(
        `Another file stood in the place of a spool file, kept as "${file.pushAside()}"`,
      );
    }
    if (file.restore()) {
      return this.#report(`The spool file "${file.path}" was gone; it is there again, and whole`);
    }
    this.#forget(file);
    this.#onDropped(file.waiting, `their file "${file.path}" was deleted`);
  }

  #isTakenOver({ name, path }: SpoolFile): boolean {
    return readdirSync(this.#directory).some((fileName) => {
      const other = parseSpoolName(fileName);
      if (other?.lane !== name.lane || other.createdMs !== name.createdMs) return false;
      return fileName !== basename(path);
    });
  }

  /** Leaves a file to the process that took it over, but for what that process cannot know of. */
  #cede(file: SpoolFile): void {
    const spans = file.endedBehind(Math.max(file.shownTo, file.sentTo));
    this.#report(
      `Another process took over the spool file "${file.path}", and sends what waits in it`,
    );
    const isCurrent = file === this.#current;
    this.#forget(file);
    try {
      if (spans.length > 0) this.endLater(spans);
      else if (isCurrent && this.#open.count > 0) this.#begin();
    } catch (error) {
      if (spans.length > 0)
        this.#onDropped(spans.length, `no disk takes them: ${messageOf(error)}`);
    }
    file.close();
  }

  /** Takes over what dead processes left. Never rejects. */
  adopt(): Promise<void> {
    this.#adopting ??= this.#adopt().finally(() => (this.#adopting = undefined));
    return this.#adopting;
  }

  async #adopt(): Promise<void> {
    let recovered = 0;
    let isAny = false;
    for await (const adopted of adoptFiles(this.#directory, this.#limits.foreignQuietMs, (line) => {
      // A disk that fails is told of once, not at each heartbeat.
      if (line !== this.#lastAdoptLine) this.#report(line);
      this.#lastAdoptLine = line;
    })) {
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

  /** The next spans, oldest first, of what the disk gives. Never rejects. */
  async next(maxSpans: number): Promise<SpoolBatch | undefined> {
    await this.#adopting;
    for (const file of this.#files.slice()) {
      if (file.retryAtMs > performance.now() || !this.#files.includes(file)) continue;
      if (Date.now() - file.name.createdMs > this.#limits.maxAgeMs && file !== this.#current) {
        this.#drop(file, "too old");
        continue;
      }
      const batch = await file
        .next(maxSpans, this.#limits.maxRequestBytes)
        .catch((error: unknown) => this.#noteUnread(file, error));
      if (this.#isClosed) return undefined;
      if (batch === undefined || !this.#files.includes(file)) continue;
      if (file.retryAtMs > 0) this.#noteRead(file);
      if (batch.spans.length > 0) return { file, ...batch };
      if (file === this.#current) file.sentTo = batch.end;
      else this.#finish(file);
    }
    return undefined;
  }

  #noteRead(file: SpoolFile): void {
    file.retryAtMs = 0;
    if (this.#files.every(({ retryAtMs }) => retryAtMs === 0)) this.#readFault = "";
  }

  #noteUnread(file: SpoolFile, error: unknown): undefined {
    if (this.#isClosed || !this.#files.includes(file)) return;
    if (codeOf(error) === "ENOENT") {
      this.#attempt(() => this.#rescue(file, "nothing", this.#wasQuiet()));
      return;
    }
    if (isDiskFault(error)) {
      // What stands in it may be as good as ever; others may be had meanwhile.
      file.retryAtMs = performance.now() + RETRY_MS;
      const fault = codeOf(error);
      if (fault !== this.#readFault) {
        this.#report(`Cannot read what waits in "${this.#directory}": ${fault}; it is tried again`);
      }
      this.#readFault = fault;
      return;
    }
    this.#forget(file);
    if (file.waiting > 0) this.#onDropped(file.waiting, "unreadable");
    this.#report(setAside(file, error));
  }

  /** The first spans of a batch are done with: all, or those before the byte `end`. */
  markSent(batch: SpoolBatch, end: number = batch.end): void {
    const { file } = batch;
    if (!this.#files.includes(file)) return;
    const count = batch.spans.filter((span) => span.end <= end).length;
    // What cannot be noted is sent again after a crash, no more than that.
    this.#attempt(() => file.markSent(end, count));
  }

  /**
   * Puts a span behind everything else, and is done with the others of its batch; false when behind
   * is where it stands.
   */
  requeue(batch: SpoolBatch, { key, resource, body }: WaitingSpan): boolean {
    const current = this.#current;
    if (current === undefined || batch.file === current) return false;
    try {
      current.appendSpans([
        asEnded({ key, resource: { id: key.slice(48), json: resource }, body }),
      ]);
    } catch {
      return false;
    }
    current.waiting += 1;
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
    let excess = await keepBounds(this.#directory, this.#limits.maxBytes, this.#report);
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
      this.#attempt(() => (isDone ? file.remove() : this.#letGo(file)));
    }
    this.#files = [];
    this.#current = undefined;
    try {
      rmdirSync(this.#directory);
    } catch {
      // Not empty, or never made.
    }
  }

  /** Throws what the file system says; then the file is still there, for when this process is dead. */
  #letGo(file: SpoolFile): void {
    try {
      return file.release();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    makeFolder(this.#directory);
    if (this.#wasQuiet() || this.#isTakenOver(file)) return;
    if (file.restore()) file.release();
    else if (file.waiting > 0) this.#onDropped(file.waiting, `"${file.path}" was deleted`);
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

function asEnded(span: SpanJson): SpanJson & { kind: "ended" } {
  return { kind: "ended", ...span };
}

function asBegun(span: SpanJson): SpanJson & { kind: "begun" } {
  return { kind: "begun", ...span };
}

import { rmdirSync } from "node:fs";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { adoptFiles, setAside } from "./adopt.js";
import { codeOf, isDiskFault, messageOf } from "./disk-fault.js";
import { keepBounds } from "./keep-bounds.js";
import type { SpoolLimits } from "./limits.js";
import { type LostFile, recoverLost } from "./lost-file.js";
import type { SpanJson } from "./span-json.js";
import { type Batch, SpoolFile, type WaitingSpan } from "./spool-file.js";
import { SpoolWriter } from "./spool-writer.js";

export interface SpoolOptions {
  directory: string;
  limits: SpoolLimits;
  report: (line: string) => void;
  /** Is told of spans that will never be sent, and why. */
  onDropped: (count: number, why: string) => void;
  /** Is told that files were taken over, which may hold spans to send. */
  onAdopted: () => void;
}

/** How long a disk that did not give a file is left alone. */
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
  readonly #writer: SpoolWriter;
  readonly #directory: string;
  readonly #limits: SpoolLimits;
  readonly #report: (line: string) => void;
  readonly #onDropped: (count: number, why: string) => void;
  readonly #onAdopted: () => void;
  /** Oldest first. */
  #files: SpoolFile[] = [];
  #heartbeat: NodeJS.Timeout | undefined;
  #adopting: Promise<void> | undefined;
  #isClosed = false;
  #bounding = Promise.resolve();
  /** The file whose spans are under way. */
  #lent: SpoolFile | undefined;
  #needsRoom = false;
  #isChecking = false;
  /** The last sign of life, in epoch milliseconds: a process that stands still has no other clock. */
  #lastBeatMs = Date.now();
  #lastFault = "";
  #lastAdoptLine = "";
  #readFault = "";

  constructor({ directory, limits, report, onDropped, onAdopted }: SpoolOptions) {
    this.#directory = directory;
    this.#limits = limits;
    this.#report = report;
    this.#onDropped = onDropped;
    this.#onAdopted = onAdopted;
    this.#writer = new SpoolWriter({
      directory,
      limits,
      report,
      onDropped,
      onBegun: (file) => {
        this.#files.push(file);
        this.#beat();
      },
      onFull: (file) => {
        if (file.waiting === 0) this.#finish(file);
        else file.close();
        void this.#keepBounds();
      },
      attempt: (action) => this.#attempt(action),
    });
  }

  /** Ended spans that wait, as far as is known. */
  get waiting(): number {
    return this.#files.reduce((sum, file) => sum + file.waiting, 0);
  }

  /** Keeps in mind that a span has begun; `writeOpen` brings it to disk. */
  begin(span: ReadableSpan): void {
    this.#writer.begin(span);
  }

  /** Has open spans written down as they are from now on, where that is done again. */
  reencodeOpenSpans(): void {
    this.#writer.reencodeOpenSpans();
  }

  /** Writes down what has begun and not ended. Throws what the file system says. */
  writeOpen(): void {
    this.#writer.writeOpen();
  }

  /** The span survives the process when this returns, or is dropped. Throws what the file system says. */
  end(span: ReadableSpan): void {
    this.#writer.end(span);
  }

  /** A span that has ended, for memory, since the disk does not take it; undefined when it is dropped. */
  hold(span: ReadableSpan): SpanJson | undefined {
    return this.#writer.pass(span);
  }

  /** As `end()`, for spans that were in memory: all of them or none. */
  endLater(spans: readonly SpanJson[]): void {
    this.#writer.endLater(spans);
  }

  /** Has it that spans in memory need no sending any more, also if the process dies. */
  settle(spans: readonly SpanJson[]): void {
    this.#writer.settle(spans);
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
      } else this.#attempt(() => this.#restoreFile({ file, found, wasQuiet }));
    }
    this.#isChecking = false;
  }

  /** Whether others may have taken this process for dead. */
  #wasQuiet(): boolean {
    return Date.now() - this.#lastBeatMs >= this.#limits.foreignQuietMs;
  }

  /** What to do for a file that is not where it was. Throws what the file system says. */
  #restoreFile(lost: LostFile): void {
    const { file } = lost;
    const fate = recoverLost(this.#directory, lost, this.#report);
    if (fate === "taken over") this.#yieldFile(file);
    if (fate !== "gone") return;
    this.#forget(file);
    this.#dropWaiting(file, `their file "${file.path}" was deleted`);
  }

  /** Leaves a file to the process that took it over, but for what that process cannot know of. */
  #yieldFile(file: SpoolFile): void {
    const spans = file.endedBehind(Math.max(file.shownTo, file.sentTo));
    this.#report(
      `Another process took over the spool file "${file.path}", and sends what waits in it`,
    );
    this.#forget(file);
    try {
      if (spans.length > 0) this.#writer.endLater(spans);
      else this.#writer.writeOpenAgain();
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
      if (
        Date.now() - file.name.createdMs > this.#limits.maxAgeMs &&
        file !== this.#writer.current
      ) {
        this.#drop(file, "too old");
        continue;
      }
      const batch = await file
        .next(maxSpans, this.#limits.maxRequestBytes)
        .catch((error: unknown) => this.#noteUnread(file, error));
      if (this.#isClosed) return undefined;
      if (batch === undefined || !this.#files.includes(file)) continue;
      if (file.retryAtMs > 0) this.#noteRead(file);
      if (batch.spans.length > 0) {
        this.#lent = file;
        return { file, ...batch };
      }
      if (file === this.#writer.current) file.sentTo = batch.end;
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
      this.#attempt(() =>
        this.#restoreFile({ file, found: "nothing", wasQuiet: this.#wasQuiet() }),
      );
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
    this.#dropWaiting(file, "unreadable");
    this.#report(setAside(file, error));
  }

  /** The batches that were given out are under way no more: their file may be dropped again. */
  releaseBatch(): void {
    this.#lent = undefined;
    if (this.#needsRoom) void this.#keepBounds();
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
    const { current } = this.#writer;
    if (current === undefined || batch.file === current) return false;
    try {
      this.#writer.endLater([{ key, resource: { id: key.slice(48), json: resource }, body }]);
    } catch {
      return false;
    }
    this.markSent(batch);
    return true;
  }

  /** All of a file was sent that can be. A damaged one is kept for people to look at. */
  #finish(file: SpoolFile): void {
    this.#forget(file);
    if (file.waiting === 0) return this.#attempt(() => file.remove());
    this.#dropWaiting(file, "damaged on disk");
    this.#report(setAside(file, new Error(`${file.waiting} damaged lines`)));
  }

  #drop(file: SpoolFile, why: string): void {
    this.#forget(file);
    this.#dropWaiting(file, why);
    this.#attempt(() => file.remove());
  }

  #dropWaiting({ waiting }: SpoolFile, why: string): void {
    if (waiting > 0) this.#onDropped(waiting, why);
  }

  #forget(file: SpoolFile): void {
    this.#files = this.#files.filter((other) => other !== file);
    if (this.#writer.current === file) this.#writer.leaveCurrent();
  }

  /** Drops the oldest of what is ours to drop until the folder is within its bounds. Never rejects. */
  #keepBounds(): Promise<void> {
    // One after the other: two at once would both make the room that one has to make.
    this.#bounding = this.#bounding.then(() => this.#makeRoom());
    return this.#bounding;
  }

  async #makeRoom(): Promise<void> {
    this.#needsRoom = false;
    let excess = await keepBounds(this.#directory, this.#limits.maxBytes, this.#report);
    for (const file of this.#files) {
      if (excess <= 0) return;
      if (file === this.#writer.current) continue;
      // What is being sent may arrive, and is not dropped then.
      if (file === this.#lent) {
        this.#needsRoom = true;
        return;
      }
      excess -= file.size;
      this.#drop(file, "no room");
    }
  }

  /** Leaves what waits to the next process. Nothing more is written after this. */
  release(): void {
    this.#attempt(() => this.#writer.writeOpen());
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    for (const file of this.#files) {
      const isDone =
        file.waiting === 0 && (file !== this.#writer.current || this.#writer.openCount === 0);
      this.#attempt(() => (isDone ? file.remove() : this.#letGo(file)));
    }
    this.#files = [];
    this.#writer.leaveCurrent();
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
    const lost = { file, found: "nothing", wasQuiet: this.#wasQuiet() } as const;
    const fate = recoverLost(this.#directory, lost, this.#report);
    if (fate === "restored") file.release();
    if (fate === "gone") this.#dropWaiting(file, `their file "${file.path}" was deleted`);
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

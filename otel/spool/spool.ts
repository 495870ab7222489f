import { rmdirSync } from "node:fs";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { makeFolder } from "../../src/platform/make-folder.js";
import { adoptFiles } from "./adopt.js";
import { codeOf, reportFaults } from "./disk-fault.js";
import { Heartbeat } from "./heartbeat.js";
import { RoomKeeper } from "./keep-bounds.js";
import type { SpoolLimits } from "./limits.js";
import { type LostFile, recoverLost } from "./lost-file.js";
import { OwnFiles } from "./own-files.js";
import { type SpoolBatch, WaitingReader } from "./read-waiting.js";
import { restoreFile } from "./restore-file.js";
import type { SpanJson } from "./span-json.js";
import type { SpoolFile, WaitingSpan } from "./spool-file.js";
import { SpoolWriter } from "./spool-writer.js";

export type { SpoolBatch } from "./read-waiting.js";

export interface SpoolOptions {
  directory: string;
  limits: SpoolLimits;
  report: (line: string) => void;
  /** Called with spans that will never be sent, and the reason. */
  onDropped: (count: number, why: string) => void;
  /** Called after files were taken over, which may hold spans to send. */
  onAdopted: () => void;
}

/**
 * Ended spans that wait on disk, in order, and open spans in case of a crash. There is no file before
 * the first span. Any number of processes share a folder. Each one writes and reads its own files, and
 * takes over those of dead processes.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #attempt: (action: () => void) => void;
  readonly #writer: SpoolWriter;
  readonly #files: OwnFiles;
  readonly #heartbeat: Heartbeat;
  readonly #reader: WaitingReader;
  readonly #room: RoomKeeper;
  #adopting: Promise<void> | undefined;
  #isClosed = false;
  /**
   * Only a folder that we made may be removed. An operator's own folder may have rights that nobody can
   * restore.
   */
  #hasMadeFolder = false;
  #lastAdoptLine = "";

  constructor(options: SpoolOptions) {
    this.#options = options;
    const { directory, limits, report, onDropped } = options;
    const attempt = reportFaults(directory, report);
    const current = (): SpoolFile | undefined => this.#writer.current;
    this.#attempt = attempt;
    this.#files = new OwnFiles({
      report,
      onDropped,
      onForgotten: (file) => {
        if (file === current()) this.#writer.leaveCurrent();
      },
      attempt,
    });
    this.#writer = new SpoolWriter({
      directory,
      limits,
      report,
      onDropped,
      makeDirectory: () => {
        if (makeFolder(directory)) this.#hasMadeFolder = true;
      },
      onBegun: (file) => {
        this.#files.add(file);
        this.#heartbeat.start();
      },
      onFull: (file) => {
        if (file.waiting === 0) this.#files.finish(file);
        else file.close();
        void this.#room.keep();
      },
      attempt,
    });
    this.#heartbeat = new Heartbeat({
      files: this.#files,
      limits,
      adopt: () => this.adopt(),
      onLost: (lost) => this.#restoreFile(lost),
    });
    this.#reader = new WaitingReader({
      directory,
      files: this.#files,
      limits,
      current,
      onMissing: (file) => this.#restoreFile(this.#missing(file)),
      isClosed: () => this.#isClosed,
      report,
    });
    const { maxBytes } = limits;
    this.#room = new RoomKeeper({ directory, maxBytes, files: this.#files, current, report });
  }

  /** Ended spans that wait, as far as is known. */
  get waiting(): number {
    return this.#files.waiting;
  }

  /** A span has begun; `writeOpen` brings it to disk. */
  begin(span: ReadableSpan): void {
    this.#writer.begin(span);
  }

  /** Encodes open spans again, as they are from now on, when they are written to another file. */
  reencodeOpenSpans(): void {
    this.#writer.reencodeOpenSpans();
  }

  /**
   * Writes open spans that are not on disk yet. Returns whether it wrote any. Throws the file system's
   * error.
   */
  writeOpen(): boolean {
    return this.#writer.writeOpen();
  }

  /**
   * Writes the end of a span, which then survives the process. Returns false if the span was dropped.
   * Throws the file system's error.
   */
  end(span: ReadableSpan): boolean {
    return this.#writer.end(span);
  }

  /** An ended span for memory, because the disk does not take it; undefined if it is dropped. */
  hold(span: ReadableSpan): SpanJson | undefined {
    return this.#writer.pass(span);
  }

  /** Like `end()`, for spans that were in memory. Writes all or none. */
  endLater(spans: readonly SpanJson[]): void {
    this.#writer.endLater(spans);
  }

  /** Notes that spans in memory need no more sending, even if the process dies. */
  settle(spans: readonly SpanJson[]): void {
    this.#writer.settle(spans);
  }

  #missing(file: SpoolFile): LostFile {
    return { file, found: "nothing", wasQuiet: this.#heartbeat.wasQuiet() };
  }

  #restoreFile(lost: LostFile): void {
    const { directory, report, onDropped } = this.#options;
    const files = this.#files;
    const writer = this.#writer;
    this.#attempt(() => restoreFile(lost, { directory, files, writer, report, onDropped }));
  }

  /** Looks for files of dead processes, now and from time to time, even before there is a span. */
  start(): void {
    this.#heartbeat.start();
  }

  /** Takes over the files of dead processes. Never rejects. */
  adopt(): Promise<void> {
    this.#adopting ??= this.#adopt().finally(() => (this.#adopting = undefined));
    return this.#adopting;
  }

  async #adopt(): Promise<void> {
    const { directory, limits, report, onAdopted } = this.#options;
    let recovered = 0;
    let isAny = false;
    const adoptedFiles = adoptFiles({
      directory,
      foreignQuietMs: limits.foreignQuietMs,
      maxFileBytes: limits.maxBytes + limits.maxSpanBytes,
      report: (line) => {
        // A failing disk is reported once, and not at each heartbeat.
        if (line !== this.#lastAdoptLine) report(line);
        this.#lastAdoptLine = line;
      },
    });
    for await (const adopted of adoptedFiles) {
      const { file } = adopted;
      if (this.#isClosed) {
        this.#attempt(() => file.release());
        return;
      }
      isAny = true;
      recovered += adopted.recovered;
      this.#files.add(file);
      file.close();
    }
    if (recovered > 0) {
      const [spans, their, they] =
        recovered === 1 ? ["span", "its", "it is"] : ["spans", "their", "they are"];
      report(
        `${recovered} ${spans} had not ended when ${their} process did; ${they} sent as recovered`,
      );
    }
    if (!isAny) return;
    onAdopted();
    await this.#room.keep();
  }

  /** The next spans, oldest first, from the files that can be read. Never rejects. */
  async next(maxSpans: number): Promise<SpoolBatch | undefined> {
    await this.#adopting;
    const batch = await this.#reader.next(maxSpans);
    if (batch !== undefined) this.#room.lend(batch.file);
    return batch;
  }

  /** The request with the last batch has ended, so its file may be dropped again. */
  releaseBatch(): void {
    this.#room.release();
  }

  /** The first spans of a batch are delivered or dropped: all of them, or those up to the byte `end`. */
  markSent(batch: SpoolBatch, end: number = batch.end): void {
    const { file } = batch;
    if (!this.#files.has(file)) return;
    const count = batch.spans.filter((span) => span.end <= end).length;
    // If this cannot be noted, the spans are sent again after a crash, and nothing worse.
    this.#attempt(() => file.markSent(end, count));
  }

  /**
   * Moves a span behind all others, and finishes the other spans of its batch. Returns false if it is
   * at the end already.
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

  /** Leaves the waiting spans to the next process. Nothing is written after this. */
  release(): void {
    this.#attempt(() => void this.#writer.writeOpen());
    this.#leaveDelivered();
    this.#isClosed = true;
    this.#heartbeat.stop();
    const { current, openCount } = this.#writer;
    for (const file of this.#files.list()) {
      const isDone = file.waiting === 0 && (file !== current || openCount === 0);
      this.#attempt(() => (isDone ? file.remove() : this.#letGo(file)));
    }
    this.#files.clear();
    this.#writer.leaveCurrent();
    if (!this.#hasMadeFolder) return;
    try {
      rmdirSync(this.#options.directory);
    } catch {
      // The folder is not empty: other processes use it, or spans wait.
    }
  }

  /**
   * Open spans need a file. Delivered spans in the same file must not stay on disk, so a new file is
   * begun.
   */
  #leaveDelivered(): void {
    const { current, openCount } = this.#writer;
    if (current === undefined || openCount === 0) return;
    if (current.waiting === 0 && current.sentTo > 0) this.#attempt(() => this.#writer.carryOver());
  }

  /** Releases a file. Throws the file system's error; then the file stays until this process is dead. */
  #letGo(file: SpoolFile): void {
    const { directory, report } = this.#options;
    try {
      return file.release();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    const fate = recoverLost(directory, this.#missing(file), report);
    if (fate === "restored") file.release();
    if (fate === "gone") this.#files.dropWaiting(file, `their file "${file.path}" was deleted`);
  }
}

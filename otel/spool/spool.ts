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
  /** Is told of spans that will never be sent, and why. */
  onDropped: (count: number, why: string) => void;
  /** Is told that files were taken over, which may hold spans to send. */
  onAdopted: () => void;
}

/**
 * Ended spans that wait on disk, in order, and the open ones in case of a crash. No file is there
 * before the first span. Any number of processes share a folder: each writes and reads its own
 * files, and takes over those of processes that died.
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
  /** Only then it may be removed: an operator's own folder may have rights that nobody can restore. */
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

  /** Encodes open spans anew, as they are from now on, when they are written to another file. */
  reencodeOpenSpans(): void {
    this.#writer.reencodeOpenSpans();
  }

  /** Writes down what has begun and not ended; whether it wrote. Throws what the file system says. */
  writeOpen(): boolean {
    return this.#writer.writeOpen();
  }

  /**
   * The span survives the process when this returns, or is dropped; whether it was written. Throws
   * what the file system says.
   */
  end(span: ReadableSpan): boolean {
    return this.#writer.end(span);
  }

  /** A span that has ended, for memory, since the disk does not take it; undefined when it is dropped. */
  hold(span: ReadableSpan): SpanJson | undefined {
    return this.#writer.pass(span);
  }

  /** As `end()`, for spans that were in memory: all of them or none. */
  endLater(spans: readonly SpanJson[]): void {
    this.#writer.endLater(spans);
  }

  /** Notes that spans in memory need no sending any more, also if the process dies. */
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

  /** Looks for what dead processes left, now and from time to time, before there is a span. */
  start(): void {
    this.#heartbeat.start();
  }

  /** Takes over what dead processes left. Never rejects. */
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
        // A disk that fails is reported once, not at each heartbeat.
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

  /** The next spans, oldest first, of what the disk gives. Never rejects. */
  async next(maxSpans: number): Promise<SpoolBatch | undefined> {
    await this.#adopting;
    const batch = await this.#reader.next(maxSpans);
    if (batch !== undefined) this.#room.lend(batch.file);
    return batch;
  }

  /** The batches that were given out are in no request any more: their file may be dropped again. */
  releaseBatch(): void {
    this.#room.release();
  }

  /** The first spans of a batch are done with: all, or those before the byte `end`. */
  markSent(batch: SpoolBatch, end: number = batch.end): void {
    const { file } = batch;
    if (!this.#files.has(file)) return;
    const count = batch.spans.filter((span) => span.end <= end).length;
    // What cannot be noted is sent again after a crash, no more than that.
    this.#attempt(() => file.markSent(end, count));
  }

  /**
   * Puts a span behind everything else, and is done with the others of its batch; false when it
   * stands at the end already.
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

  /** Leaves what waits to the next process. Nothing more is written after this. */
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
      // Not empty: others use it, or something waits.
    }
  }

  /** Open spans alone need a file; what was delivered beside them must not stay on the disk. */
  #leaveDelivered(): void {
    const { current, openCount } = this.#writer;
    if (current === undefined || openCount === 0) return;
    if (current.waiting === 0 && current.sentTo > 0) this.#attempt(() => this.#writer.carryOver());
  }

  /** Throws what the file system says; then the file is still there, for when this process is dead. */
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

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { currentClaimant } from "../../src/platform/owner.js";
import { messageOf } from "../../src/platform/message-of.js";
import { encodeNow } from "./begun-at.js";
import type { SpoolLimits } from "./limits.js";
import { createOpenSpans } from "./open-spans.js";
import { type SpanJson, encodeSpan, idOf } from "./span-json.js";
import { SpoolFile } from "./spool-file.js";
import { encodeLine, spanIdIn } from "./spool-line.js";
import { nameSpoolFile } from "./spool-name.js";

export interface SpoolWriterOptions {
  directory: string;
  limits: SpoolLimits;
  report: (line: string) => void;
  onDropped: (count: number, why: string) => void;
  /** Makes the folder if it is missing. Throws the file system's error. */
  makeDirectory: () => void;
  /** Called for each new file. */
  onBegun: (file: SpoolFile) => void;
  /** Called for a file that gets no more spans, after the next file has begun. */
  onFull: (file: SpoolFile) => void;
  /** Runs an action whose failure does no harm. */
  attempt: (action: () => void) => void;
}

/** How long to wait after a new file could not be made. */
const RETRY_MS = 1000;

/** The writing end of a spool: it writes spans that begin and end, into one file after the other. */
export class SpoolWriter {
  readonly #options: SpoolWriterOptions;
  readonly #open;
  readonly #lane = randomBytes(4).toString("hex");
  #current: SpoolFile | undefined;
  /** Bytes at the beginning of the current file that were carried over from the previous file. */
  #carriedBytes = 0;
  #lastCreatedMs = 0;
  /** No new file before this time, by a clock that nobody can set back. `#lastBeginFault` is the reason. */
  #retryAtMs = 0;
  #lastBeginFault = new Error("no file could be made");
  /** Spans whose beginning is in the current file, and whose end is not. */
  readonly #unended = new Set<string>();

  constructor(options: SpoolWriterOptions) {
    this.#options = options;
    this.#open = createOpenSpans(options.limits.maxOpenSpans, ({ name }, error) =>
      options.report(
        `A crash would lose the open span "${name}", which cannot be encoded: ${messageOf(error)}`,
      ),
    );
  }

  /** The file that gets the next spans. */
  get current(): SpoolFile | undefined {
    return this.#current;
  }

  /** How many spans have begun and not ended. */
  get openCount(): number {
    return this.#open.count;
  }

  /** A span has begun; `writeOpen` brings it to disk. */
  begin(span: ReadableSpan): void {
    this.#open.begin(span);
  }

  /** Encodes open spans anew the next time they are written. */
  reencodeOpenSpans(): void {
    this.#open.reencodeOpenSpans();
  }

  /**
   * Writes open spans that are not on disk yet. Returns false if there were none, which says nothing
   * about the disk. Throws the file system's error.
   */
  writeOpen(): boolean {
    if (this.#open.freshCount === 0) return false;
    // A new file begins with all open spans. So the fresh ones are looked up only after `#writable()`.
    const file = this.#writable();
    const spans = this.#open.fresh();
    if (spans.length === 0) return false;
    file.appendSpans(spans.map(asBegun));
    this.#open.markWritten(spans);
    return true;
  }

  /**
   * The span survives the process when this returns true. It returns false if the span was dropped
   * before anything was written. Throws the file system's error.
   */
  end(span: ReadableSpan): boolean {
    const ended = this.#encode(span);
    if (ended === undefined) return false;
    const id = spanIdIn(ended);
    const file = this.#writable();
    // The parent's line comes before its first child's line, so that no span is without its parent.
    const fresh = this.#open.fresh(id);
    file.appendSpans([...fresh.map(asBegun), asEnded(ended)]);
    this.#open.end(id);
    this.#open.markWritten(fresh);
    file.waiting += 1;
    return true;
  }

  /** A span that has ended, but whose end is not on disk; undefined if it is dropped. */
  pass(span: ReadableSpan): SpanJson | undefined {
    const ended = this.#encode(span);
    if (ended !== undefined) this.#endElsewhere(ended);
    return ended;
  }

  #endElsewhere(span: SpanJson): void {
    const id = spanIdIn(span);
    if (this.#open.isWritten(id)) this.#unended.add(id);
    this.#open.end(id);
  }

  /**
   * Drops a span that OpenTelemetry cannot encode, or that is too large for a collector. It would spoil
   * its batch.
   */
  #encode(span: ReadableSpan): SpanJson | undefined {
    const { limits, onDropped } = this.#options;
    let ended: SpanJson;
    try {
      ended = encodeSpan(span);
    } catch (error) {
      this.#open.end(idOf(span));
      onDropped(1, `"${span.name}" cannot be encoded: ${messageOf(error)}`);
      return undefined;
    }
    if (ended.body.length <= limits.maxSpanBytes) return ended;
    this.#endElsewhere(ended);
    this.settle([ended]);
    onDropped(1, `larger than ${limits.maxSpanBytes} bytes`);
    return undefined;
  }

  /** Like `end()`, for spans whose end the disk did not take before. Writes all or none. */
  endLater(spans: readonly SpanJson[]): void {
    const file = this.#writable();
    file.appendSpans(spans.map(asEnded));
    file.waiting += spans.length;
    for (const span of spans) this.#unended.delete(spanIdIn(span));
  }

  /** Marks spans as done whose end is not on disk, so that nobody sends them as open. */
  settle(spans: readonly SpanJson[]): void {
    const ids = spans.map(spanIdIn).filter((id) => this.#unended.has(id));
    const current = this.#current;
    if (ids.length === 0 || current === undefined) return;
    this.#options.attempt(() => {
      current.append(Buffer.concat(ids.map((id) => encodeLine("done", id))));
      for (const id of ids) this.#unended.delete(id);
    });
  }

  /** The file to append to: the current one, or a new one if the current one is full or old. */
  #writable(): SpoolFile {
    const current = this.#current;
    if (current === undefined) return this.#begin();
    const { fileBytes, fileAgeMs } = this.#options.limits;
    const isFull = current.size - this.#carriedBytes >= Math.max(fileBytes, 2 * this.#carriedBytes);
    if (!isFull && current.ageMs < fileAgeMs) return current;
    const next = this.#begin();
    // Written only now. After a crash in between, both files have the open spans, and the newer one
    // counts.
    this.#options.attempt(() => current.append(encodeLine("carried", "0")));
    this.#options.onFull(current);
    return next;
  }

  #begin(): SpoolFile {
    if (performance.now() < this.#retryAtMs) throw this.#lastBeginFault;
    const createdMs = Math.max(Date.now(), this.#lastCreatedMs + 1);
    const name = { createdMs, lane: this.#lane, owner: currentClaimant() };
    const file = new SpoolFile(join(this.#options.directory, nameSpoolFile(name)), name);
    try {
      this.#fill(file);
    } catch (error) {
      // A failing disk is not asked again for each span, and no unknown file stays on it.
      this.#retryAtMs = performance.now() + RETRY_MS;
      this.#lastBeginFault = error as Error;
      throw error;
    }
    this.#lastCreatedMs = createdMs;
    this.#carriedBytes = file.size;
    this.#unended.clear();
    this.#current = file;
    this.#options.onBegun(file);
    return file;
  }

  /** Makes a new file with all open spans in it, or no file. */
  #fill(file: SpoolFile): void {
    this.#options.makeDirectory();
    file.create();
    try {
      const begunAt = encodeNow();
      if (begunAt !== undefined) file.append(encodeLine("sent", "0", begunAt));
      const fresh = this.#open.fresh();
      const spans = [...this.#open.written(), ...fresh];
      if (spans.length > 0) file.appendSpans(spans.map(asBegun));
      this.#open.markWritten(fresh);
    } catch (error) {
      this.#options.attempt(() => file.remove());
      throw error;
    }
  }

  /** Begins another file with the open spans, so that the current one can be removed. */
  carryOver(): void {
    this.#begin();
  }

  /** Writes no more to the current file. */
  leaveCurrent(): void {
    this.#current = undefined;
  }

  /**
   * Writes the open spans to a new file, after the current one was left. Throws the file system's
   * error.
   */
  writeOpenAgain(): void {
    if (this.#current === undefined && this.#open.count > 0) this.#begin();
  }
}

function asEnded(span: SpanJson): SpanJson & { kind: "ended" } {
  return { kind: "ended", ...span };
}

function asBegun(span: SpanJson): SpanJson & { kind: "begun" } {
  return { kind: "begun", ...span };
}

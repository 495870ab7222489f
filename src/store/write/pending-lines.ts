/** The memory that all sessions of a store share for lines that are not in their journals yet. */
export interface QueueBudget {
  queuedBytes: number;
  readonly maxQueuedBytes: number;
}

/** Lines of one append. */
const BATCH_LINES = 512;
const BATCH_BYTES = 1024 * 1024;

/**
 * The lines of one session that are not in its journal yet, in their order. Empty as long as the
 * disk works.
 */
export class PendingLines {
  readonly #budget: QueueBudget;
  #lines: Buffer[] = [];
  #first = 0;

  constructor(budget: QueueBudget) {
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#first === this.#lines.length;
  }

  get count(): number {
    return this.#lines.length - this.#first;
  }

  hasRoomFor(byteCount: number): boolean {
    return this.#budget.queuedBytes + byteCount <= this.#budget.maxQueuedBytes;
  }

  /** `line` may be the rest of a line, when the disk took the first part of it. */
  push(line: Buffer): void {
    this.#lines.push(line);
    this.#budget.queuedBytes += line.length;
  }

  /** What to write next. */
  batch(): Buffer[] {
    const batch: Buffer[] = [];
    let byteCount = 0;
    for (let at = this.#first; at < this.#lines.length && batch.length < BATCH_LINES; at += 1) {
      const line = this.#lines[at]!;
      if (batch.length > 0 && byteCount + line.length > BATCH_BYTES) break;
      batch.push(line);
      byteCount += line.length;
    }
    return batch;
  }

  /** Notes that the disk took so many bytes, which are never written again. */
  takeBytes(byteCount: number): void {
    let rest = byteCount;
    for (let line = this.#lines[this.#first]; line !== undefined && rest > 0;) {
      const taken = Math.min(rest, line.length);
      rest -= taken;
      this.#budget.queuedBytes -= taken;
      if (taken < line.length) this.#lines[this.#first] = line.subarray(taken);
      else this.#first += 1;
      line = this.#lines[this.#first];
    }
    this.#trim();
  }

  /** A snapshot has the first lines, so they need not be written any more. */
  dropLines(count: number): void {
    for (let left = count; left > 0 && !this.isEmpty; left -= 1) {
      this.#budget.queuedBytes -= this.#lines[this.#first]!.length;
      this.#first += 1;
    }
    this.#trim();
  }

  /** Lets go of lines that were taken, in long portions, so that a long queue is not copied often. */
  #trim(): void {
    if (!this.isEmpty && this.#first < BATCH_LINES) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }
}

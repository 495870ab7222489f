/** The memory that all sessions of a store share for lines that are not in their journals yet. */
export interface QueueBudget {
  queuedBytes: number;
  readonly maxQueuedBytes: number;
}

/** The most lines of one append. */
const BATCH_LINES = 512;
const BATCH_BYTES = 1024 * 1024;

/** The lines of one session that are not in its journal yet, in order. Empty while the disk works. */
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

  /** If the disk took the first part of a line, `line` is the rest. */
  push(line: Buffer): void {
    this.#lines.push(line);
    this.#budget.queuedBytes += line.length;
  }

  /** The lines to write next. */
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

  /** Removes the bytes that the disk took, so that they are never written again. */
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

  /** Removes the first lines, because a snapshot has them. */
  dropLines(count: number): void {
    for (let left = count; left > 0 && !this.isEmpty; left -= 1) {
      this.#budget.queuedBytes -= this.#lines[this.#first]!.length;
      this.#first += 1;
    }
    this.#trim();
  }

  /** Removes taken lines many at a time, so that a long queue is not copied often. */
  #trim(): void {
    if (!this.isEmpty && this.#first < BATCH_LINES) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }
}

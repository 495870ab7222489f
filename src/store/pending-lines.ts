import type { JournalFile } from "./journal-file.js";

/** The memory that all sessions of a store share for lines that the disk refuses. */
export interface QueueBudget {
  queuedBytes: number;
  readonly maxQueuedBytes: number;
}

/** The lines of one session that are not in its journal yet. Empty as long as the disk works. */
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

  /** An empty queue takes any line, because it is tried on the disk first. */
  hasRoomFor(byteCount: number): boolean {
    return this.isEmpty || this.#budget.queuedBytes + byteCount <= this.#budget.maxQueuedBytes;
  }

  push(line: Buffer): void {
    this.#lines.push(line);
    this.#budget.queuedBytes += line.length;
  }

  /** Writes the lines in their order, as far as the disk takes them, and throws what stops it. */
  drainInto(journal: JournalFile): void {
    for (let line = this.#lines[this.#first]; line !== undefined; line = this.#lines[this.#first]) {
      journal.append(line);
      this.#first += 1;
      this.#budget.queuedBytes -= line.length;
    }
    this.#lines = [];
    this.#first = 0;
  }

  clear(): void {
    for (const line of this.#lines.slice(this.#first)) this.#budget.queuedBytes -= line.length;
    this.#lines = [];
    this.#first = 0;
  }
}

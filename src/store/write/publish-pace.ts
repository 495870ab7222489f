export interface PaceLimits {
  /** See `StoreLimits`. */
  publishAtOnceBytes: number;
  maxBehindMs: number;
}

/**
 * Decides when a document is published. A small one follows each change. Each publish writes all of
 * it, so a large one waits for more changes: an hour's call would write a gigabyte otherwise.
 */
export class PublishPace {
  readonly #limits: PaceLimits;
  readonly #onDue: () => void;
  #bytes = 0;
  /** When the first change came that the document does not have. */
  #changedAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onDue is called when a publish that was put off is to be made */
  constructor(limits: PaceLimits, onDue: () => void) {
    this.#limits = limits;
    this.#onDue = onDue;
  }

  /** The conversation has something that its document does not have. */
  noteChange(): void {
    this.#changedAtMs ??= performance.now();
  }

  /** A publish has begun, of a document of so many bytes. */
  notePublish(byteCount: number): void {
    this.#bytes = byteCount;
    this.#changedAtMs = undefined;
    this.stop();
  }

  /** Whether the document is to be published now. If not, `onDue` tells when. */
  isDue(): boolean {
    const { publishAtOnceBytes, maxBehindMs } = this.#limits;
    if (this.#bytes < publishAtOnceBytes) return true;
    const waitMs = maxBehindMs - (performance.now() - (this.#changedAtMs ?? 0));
    if (waitMs <= 0) return true;
    // The journal has every word, so a wait must not keep the process from ending.
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onDue();
    }, waitMs).unref();
    return false;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

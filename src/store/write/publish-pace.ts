export interface PaceLimits {
  /** See `StoreLimits`. */
  publishAtOnceBytes: number;
  maxBehindMs: number;
}

/**
 * Decides when a document is published. A small document follows each change. Each publish writes the
 * whole document, so a large one waits for more changes. Otherwise an hour's call would write a
 * gigabyte.
 */
export class PublishPace {
  readonly #limits: PaceLimits;
  readonly #onDue: () => void;
  #bytes = 0;
  /** When the first change came that the document does not have. */
  #changedAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onDue called when a delayed publish is due */
  constructor(limits: PaceLimits, onDue: () => void) {
    this.#limits = limits;
    this.#onDue = onDue;
  }

  /** The conversation has a change that its document does not have. */
  noteChange(): void {
    this.#changedAtMs ??= performance.now();
  }

  /** A publish of `byteCount` bytes has begun. */
  notePublish(byteCount: number): void {
    this.#bytes = byteCount;
    this.#changedAtMs = undefined;
    this.stop();
  }

  /** Whether to publish the document now. If not, `onDue` is called when it is time. */
  isDue(): boolean {
    const { publishAtOnceBytes, maxBehindMs } = this.#limits;
    if (this.#bytes < publishAtOnceBytes) return true;
    const waitMs = maxBehindMs - (performance.now() - (this.#changedAtMs ?? 0));
    if (waitMs <= 0) return true;
    // The journal has every word, so this wait must not keep the process running.
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

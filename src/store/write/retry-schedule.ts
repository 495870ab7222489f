/** Retries after a fault of the disk, and knows whether the last fault was followed by a success. */
export class RetrySchedule {
  readonly #delayMs: number;
  readonly #retry: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isFailing = false;
  #isStopped = false;

  constructor(delayMs: number, retry: () => void) {
    this.#delayMs = delayMs;
    this.#retry = retry;
  }

  noteFault(): void {
    this.#isFailing = true;
    if (this.#isStopped || this.#timer !== undefined) return;
    // The timer is `unref`ed: a conversation that waits for the disk must not keep the process running.
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#retry();
    }, this.#delayMs).unref();
  }

  /** Returns whether there was a fault before this success. */
  noteSuccess(): boolean {
    const wasFailing = this.#isFailing;
    this.#isFailing = false;
    return wasFailing;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

import type { Steps } from "./steps.js";

/** A file that can close its descriptor and open another one when it needs it. */
export interface Parkable {
  /** Closes the descriptor unless a call uses it. Returns whether it is closed. */
  park(): Steps<boolean>;
}

/**
 * Keeps at most `maxOpen` files open: those used last. There may be more sessions than descriptors of
 * the process.
 */
export class DescriptorPool {
  readonly #maxOpen: number;
  /** Least recently used first. */
  readonly #open = new Set<Parkable>();

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  /** Whether files should be noted at each use, because one must soon be closed. */
  get isCrowded(): boolean {
    return this.#open.size > this.#maxOpen / 2;
  }

  /** The file has a descriptor and was just used. */
  note(file: Parkable): void {
    this.#open.delete(file);
    this.#open.add(file);
  }

  forget(file: Parkable): void {
    this.#open.delete(file);
  }

  /** Closes files until at most `maxOpen` are open, or until all open ones are in use. */
  *shrink(): Steps<void> {
    for (const file of this.#open) {
      if (this.#open.size <= this.#maxOpen) return;
      if (yield* file.park()) this.#open.delete(file);
    }
  }
}

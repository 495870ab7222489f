import type { Steps } from "./steps.js";

/** A file that can let go of its descriptor and take another one when it is needed again. */
export interface Parkable {
  /** Closes the descriptor, unless something is going on with it; says whether it did. */
  park(): Steps<boolean>;
}

/**
 * Keeps at most `maxOpen` files open, those that were used last: sessions may be many more than
 * the descriptors that a process gets.
 */
export class DescriptorPool {
  readonly #maxOpen: number;
  /** The file that was used longest ago comes first. */
  readonly #open = new Set<Parkable>();

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  /** Whether the order of the files matters: soon one will have to make room. */
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

  /** Closes files until no more than `maxOpen` are open, or all that are have work in flight. */
  *shrink(): Steps<void> {
    for (const file of this.#open) {
      if (this.#open.size <= this.#maxOpen) return;
      if (yield* file.park()) this.#open.delete(file);
    }
  }
}

import { setAside } from "./adopt.js";
import type { SpoolFile } from "./spool-file.js";

export interface OwnFilesOptions {
  report: (line: string) => void;
  /** Called with spans that will never be sent, and the reason. */
  onDropped: (count: number, why: string) => void;
  /** Called for a file that this process no longer owns. */
  onForgotten: (file: SpoolFile) => void;
  /** Runs an action whose failure does no harm. */
  attempt: (action: () => void) => void;
}

/** The spool files that belong to this process, oldest first. */
export class OwnFiles {
  readonly #options: OwnFilesOptions;
  #files: SpoolFile[] = [];

  constructor(options: OwnFilesOptions) {
    this.#options = options;
  }

  /** Ended spans that wait, as far as is known. */
  get waiting(): number {
    return this.#files.reduce((sum, file) => sum + file.waiting, 0);
  }

  /** A copy of the list, so that later changes do not affect it. */
  list(): SpoolFile[] {
    return this.#files.slice();
  }

  has(file: SpoolFile): boolean {
    return this.#files.includes(file);
  }

  add(file: SpoolFile): void {
    this.#files.push(file);
    this.#files.sort((a, b) => a.name.createdMs - b.name.createdMs);
  }

  forget(file: SpoolFile): void {
    this.#files = this.#files.filter((other) => other !== file);
    this.#options.onForgotten(file);
  }

  clear(): void {
    this.#files = [];
  }

  /** All spans of a file were sent that can be. A damaged file is kept for people to look at. */
  finish(file: SpoolFile): void {
    this.forget(file);
    if (file.waiting === 0) return this.#options.attempt(() => file.remove());
    this.dropWaiting(file, "damaged on disk");
    this.#options.report(setAside(file, new Error(`${file.waiting} damaged lines`)));
  }

  /** Drops a file with its waiting spans. */
  drop(file: SpoolFile, why: string): void {
    this.forget(file);
    this.dropWaiting(file, why);
    this.#options.attempt(() => file.remove());
  }

  /** Counts the waiting spans of a file that is lost already. */
  dropWaiting({ waiting }: SpoolFile, why: string): void {
    if (waiting > 0) this.#options.onDropped(waiting, why);
  }
}

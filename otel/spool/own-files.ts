import { setAside } from "./adopt.js";
import type { SpoolFile } from "./spool-file.js";

export interface OwnFilesOptions {
  report: (line: string) => void;
  /** Is told of spans that will never be sent, and why. */
  onDropped: (count: number, why: string) => void;
  /** Is told of a file that this process has no more to do with. */
  onForgotten: (file: SpoolFile) => void;
  /** Does what may fail without harm. */
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

  /** As they are now: what comes or goes later changes nothing of the list. */
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

  /** All of a file was sent that can be. A damaged one is kept for people to look at. */
  finish(file: SpoolFile): void {
    this.forget(file);
    if (file.waiting === 0) return this.#options.attempt(() => file.remove());
    this.dropWaiting(file, "damaged on disk");
    this.#options.report(setAside(file, new Error(`${file.waiting} damaged lines`)));
  }

  /** Gives up a file and what waits in it. */
  drop(file: SpoolFile, why: string): void {
    this.forget(file);
    this.dropWaiting(file, why);
    this.#options.attempt(() => file.remove());
  }

  /** Counts what waits in a file that is lost already. */
  dropWaiting({ waiting }: SpoolFile, why: string): void {
    if (waiting > 0) this.#options.onDropped(waiting, why);
  }
}

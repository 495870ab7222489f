import { renameSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { DAMAGED_SUFFIX, type SpoolName, nameSpoolFile } from "./spool-name.js";

/** Where one file stands; its name says whose it is. Methods throw what the file system says. */
export class SpoolFileName {
  readonly #name: SpoolName;
  #path: string;

  constructor(path: string, name: SpoolName) {
    this.#path = path;
    this.#name = name;
  }

  get path(): string {
    return this.#path;
  }

  /** Gives the file a name without an owner, so that any process may take it. */
  release(): void {
    this.#rename(nameSpoolFile({ ...this.#name, owner: undefined }));
  }

  /** Gives the file a name that no process takes again; people may look at it. */
  setAside(): void {
    this.#rename(this.#damagedName());
  }

  /** Keeps what somebody put in the place of this file, and gives its new path. */
  pushAside(): string {
    const path = join(dirname(this.#path), this.#damagedName());
    renameSync(this.#path, path);
    return path;
  }

  remove(): void {
    unlinkSync(this.#path);
  }

  #damagedName(): string {
    return nameSpoolFile({ ...this.#name, owner: undefined }) + DAMAGED_SUFFIX;
  }

  #rename(fileName: string): void {
    const path = join(dirname(this.#path), fileName);
    renameSync(this.#path, path);
    this.#path = path;
  }
}

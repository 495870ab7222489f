import { renameSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { DAMAGED_SUFFIX, type SpoolName, nameSpoolFile } from "./spool-name.js";

/** The path of one file. Its name says who owns it. Methods throw the file system's error. */
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

  /** Renames the file to a name without an owner, so that any process may take it. */
  release(): void {
    this.#rename(nameSpoolFile({ ...this.#name, owner: undefined }));
  }

  /** Renames the file so that no process takes it again. People may look at it. */
  setAside(): void {
    this.#rename(this.#damagedName());
  }

  /** Renames a foreign file at this path, and returns its new path. */
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

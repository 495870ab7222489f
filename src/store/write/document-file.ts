import { basename, dirname } from "node:path";

import type { Disk } from "../disk/disk.js";
import { identityOf, isSameFile } from "../disk/exclusive-file.js";
import type { FileIdentity } from "../disk/exclusive-file.js";
import { quietly, removeFile, statPath, syncFolder } from "../disk/file-steps.js";
import { replaceFile } from "../disk/replace-file.js";

/** The published document of one session, under the name that the session has taken. */
export class DocumentFile {
  readonly path: string;
  readonly #disk: Disk;
  readonly #mode: number;
  /** The file that was published last; `undefined` before the first. */
  #identity: FileIdentity | undefined;

  constructor(
    path: string,
    identity: FileIdentity | undefined,
    { disk, fileMode }: { disk: Disk; fileMode: number },
  ) {
    this.path = path;
    this.#identity = identity;
    this.#disk = disk;
    this.#mode = fileMode;
  }

  get name(): string {
    return basename(this.path);
  }

  get wasPublished(): boolean {
    return this.#identity !== undefined;
  }

  /**
   * Publishes the document as a whole. If somebody else changed the file, their version is kept aside
   * and its name is returned. Rejects with the file system's error.
   */
  async replace(pieces: readonly Buffer[], durable: boolean): Promise<string | undefined> {
    const options = { replaces: this.#identity, durable, mode: this.#mode };
    const steps = replaceFile(this.path, pieces, options);
    const { identity, keptAside } = await this.#disk.publish(steps, durable);
    this.#identity = identity;
    return keptAside;
  }

  /** Waits until the file's name is on the disk too. Rejects with the file system's error. */
  async syncName(): Promise<void> {
    await this.#disk.publish(syncFolder(dirname(this.path)), true);
  }

  /** Whether the file at the path is the one that was published last. */
  async isOurs(): Promise<boolean> {
    try {
      const found = await this.#disk.later(statPath(this.path));
      return found !== undefined && isSameFile(identityOf(found), this.#identity);
    } catch {
      return false;
    }
  }

  async removeIfOurs(): Promise<void> {
    if (await this.isOurs()) await this.#disk.later(quietly(removeFile(this.path)));
  }
}

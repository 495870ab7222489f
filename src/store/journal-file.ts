import { closeSync, fdatasync, ftruncateSync, futimes } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

import { syncFolder, writeWhole } from "./exclusive-file.js";

const syncData = promisify(fdatasync);
const LINE_FEED = Buffer.from("\n");

/** An open journal. Its writer is the only one that appends to it. */
export class JournalFile {
  readonly path: string;
  readonly #fd: number;
  /** Bytes of whole lines. */
  #size: number;
  #isTorn = false;
  #isOpen = true;
  #isFolderSynced = false;
  #syncing: Promise<void> = Promise.resolve();

  constructor(path: string, fd: number, size: number) {
    this.path = path;
    this.#fd = fd;
    this.#size = size;
  }

  /**
   * Appends one encoded line; when this returns, the line survives the process. A line that could
   * be written in part only is taken back, or, where even that fails, ended, so that it spoils no
   * other line.
   *
   * Throws what the file system says.
   */
  append(line: Buffer): void {
    let written = 0;
    try {
      if (this.#isTorn) {
        writeWhole(this.#fd, LINE_FEED);
        this.#isTorn = false;
        this.#size += 1;
      }
      writeWhole(this.#fd, line, (count) => (written += count));
      this.#size += line.length;
    } catch (error) {
      if (written > 0) this.#takeBack(written);
      throw error;
    }
  }

  #takeBack(written: number): void {
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch {
      this.#isTorn = true;
      this.#size += written;
    }
  }

  /** Waits until everything appended so far is on the disk. Rejects with what the disk says. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.then(
      () => this.#syncOnce(),
      () => this.#syncOnce(),
    );
    return this.#syncing;
  }

  async #syncOnce(): Promise<void> {
    if (!this.#isOpen) return;
    await syncData(this.#fd);
    if (this.#isFolderSynced) return;
    await syncFolder(dirname(this.path));
    this.#isFolderSynced = true;
  }

  /** Gives the file a new modification time: a sign of life for other machines. */
  touch(): void {
    if (!this.#isOpen) return;
    const now = new Date();
    futimes(this.#fd, now, now, () => undefined);
  }

  /** Closes the file once no sync is in flight. Closing twice does nothing. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    // From here on no sync begins, so none can meet a descriptor that is closed or reused.
    this.#isOpen = false;
    await this.#syncing.catch(() => undefined);
    closeSync(this.#fd);
  }
}

import { writeSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { dirname } from "node:path";

import type { DescriptorPool, Parkable } from "../disk/descriptor-pool.js";
import type { CreatedFile } from "../disk/exclusive-file.js";
import {
  APPEND,
  closeFile,
  isLossy,
  openFile,
  removeFile,
  statOpen,
  statPath,
  syncData,
  syncFolder,
  touchFile,
  writeSome,
} from "../disk/file-steps.js";
import { runNow } from "../disk/steps.js";
import type { Steps } from "../disk/steps.js";

/**
 * What is found at a journal's path:
 * - `sound`: the journal, as its writer left it.
 * - `missing`: nothing.
 * - `changed`: the journal, longer or shorter than its writer left it.
 * - `foreign`: another file.
 */
export type JournalCondition = "sound" | "missing" | "changed" | "foreign";

/** A journal on the disk. Its writer is the only one that appends to it. */
export class JournalFile implements Parkable {
  readonly path: string;
  readonly #pool: DescriptorPool;
  readonly #device: bigint;
  readonly #inode: bigint;
  /** `undefined` while the descriptor is lent to another journal. */
  #fd: number | undefined;
  #size: number;
  /** Bytes that a running append may already have written. */
  #arrivingBytes = 0;
  /** Bytes that are certainly on the disk. */
  #syncedSize = -1;
  /** Running calls that use the descriptor. */
  #inUse = 0;
  #isSuspect = false;
  #isFolderSynced = false;
  #isClosed = false;

  constructor(path: string, { fd, identity }: CreatedFile, pool: DescriptorPool) {
    this.path = path;
    this.#pool = pool;
    this.#fd = fd;
    this.#device = identity.device;
    this.#inode = identity.inode;
    this.#size = Number(identity.size);
    pool.note(this);
  }

  /** Whether a sync failed. Then nobody knows which lines the disk has. */
  get isSuspect(): boolean {
    return this.#isSuspect;
  }

  /** Whether everything appended so far is certainly on the disk, and the file's name too. */
  get isSynced(): boolean {
    return !this.#isSuspect && this.#isFolderSynced && this.#syncedSize >= this.#size;
  }

  /**
   * Makes one write call for an encoded line and returns how many bytes were taken. These bytes survive
   * the process. Throws the file system's error.
   */
  appendNow(line: Buffer): number {
    const fd = this.#fd ?? runNow(this.#open());
    const written = writeSync(fd, line);
    this.#size += written;
    if (this.#pool.isCrowded) {
      this.#pool.note(this);
      runNow(this.#pool.shrink());
    }
    return written;
  }

  /** The same for several lines. */
  append(lines: readonly Buffer[]): Steps<number> {
    return this.#use((fd) => this.#appendTo(fd, lines));
  }

  /** Waits until everything appended so far is on the disk. Throws the disk's error. */
  *sync(): Steps<void> {
    if (this.#isClosed) return;
    try {
      yield* this.#use((fd) => this.#syncContent(fd));
      if (this.#isFolderSynced) return;
      yield* syncFolder(dirname(this.path));
      this.#isFolderSynced = true;
    } catch (error) {
      this.#isSuspect ||= isLossy(error);
      throw error;
    }
  }

  /** Checks what is at the path now. Throws the file system's error. */
  *inspect(): Steps<JournalCondition> {
    const before = this.#size;
    const found = yield* statPath(this.path);
    return found === undefined ? "missing" : this.#judge(found, before);
  }

  /** Sets the modification time to now, which shows other machines that the owner lives. */
  touch(): Steps<void> {
    return touchFile(this.path);
  }

  *park(): Steps<boolean> {
    const fd = this.#fd;
    if (fd === undefined) return true;
    if (this.#inUse > 0) return false;
    this.#fd = undefined;
    try {
      yield* closeFile(fd);
    } catch (error) {
      // The descriptor is closed even after an error. But network file systems write only now, so data
      // may be lost.
      this.#isSuspect ||= isLossy(error);
    }
    return true;
  }

  /** Closes the file, as soon as no call uses it. Closing twice does nothing. */
  *close(): Steps<void> {
    this.#isClosed = true;
    this.#pool.forget(this);
    yield* this.park();
  }

  /** Closes the journal and removes it. Throws if another file is at its path. */
  *remove(): Steps<void> {
    yield* this.close();
    const condition = yield* this.inspect();
    if (condition === "missing") return;
    if (condition !== "sound") throw new Error("it is not the file that was written");
    yield* removeFile(this.path);
  }

  *#appendTo(fd: number, lines: readonly Buffer[]): Steps<number> {
    this.#arrivingBytes = lines.reduce((sum, { length }) => sum + length, 0);
    try {
      const written = yield* writeSome(fd, lines, "append");
      this.#size += written;
      return written;
    } finally {
      this.#arrivingBytes = 0;
    }
  }

  *#syncContent(fd: number): Steps<void> {
    const size = this.#size;
    yield* syncData(fd);
    this.#syncedSize = size;
  }

  *#use<T>(work: (fd: number) => Steps<T>): Steps<T> {
    this.#inUse += 1;
    try {
      return yield* work(this.#fd ?? (yield* this.#open()));
    } finally {
      this.#inUse -= 1;
      if (this.#isClosed) yield* this.park();
      else yield* this.#pool.shrink();
    }
  }

  *#open(): Steps<number> {
    const before = this.#size;
    const fd = yield* openFile(this.path, APPEND);
    const condition = this.#judge(yield* statOpen(fd), before);
    // Off the event loop two calls may have opened it at once.
    if (condition !== "sound" || this.#fd !== undefined) yield* closeFile(fd);
    if (condition !== "sound") throw new Error("it is not the file that was written");
    this.#fd ??= fd;
    this.#pool.note(this);
    return this.#fd;
  }

  /** Lines may have been appended while the system answered, so a range of sizes is right. */
  #judge(found: BigIntStats, sizeBefore: number): JournalCondition {
    if (found.dev !== this.#device || found.ino !== this.#inode) return "foreign";
    const most = this.#size + this.#arrivingBytes;
    return found.size >= sizeBefore && found.size <= most ? "sound" : "changed";
  }
}

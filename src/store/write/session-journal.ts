import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { Owner } from "../../platform/owner.js";
import { coalesceTask } from "../disk/coalesced-task.js";
import type { Disk } from "../disk/disk.js";
import { describeBytes } from "../disk/describe-bytes.js";
import { describeFault, findWayOut } from "../disk/fault.js";
import { quietly } from "../disk/file-steps.js";
import { checkOperation } from "../document/check-operation.js";
import { peekOpening } from "../journal/peek-owner.js";
import { JournalFile } from "./journal-file.js";
import type { JournalCondition } from "./journal-file.js";
import type { StoreLimits } from "../disk/limits.js";
import { PendingLines } from "./pending-lines.js";
import type { QueueBudget } from "./pending-lines.js";
import type { ReportProblem } from "../disk/problem-log.js";
import { replaceJournal } from "./replace-journal.js";
import type { Steps } from "../disk/steps.js";
import type { SyncQueue } from "../disk/sync-queue.js";

/** The lines of a journal that holds everything known at this moment. */
export interface Snapshot {
  lines: Buffer[];
  /** Called when the lines have become a journal. */
  onWritten(): void;
}

export interface CoveringSnapshot extends Snapshot {
  /** How many pending lines the snapshot holds. They need not be written once it is. */
  coveredLines: number;
}

export interface SessionJournalOptions {
  disk: Disk;
  /** The mode of a new journal, e.g. 0o600. */
  fileMode: number;
  syncing: SyncQueue;
  limits: StoreLimits;
  budget: QueueBudget;
  report: ReportProblem;
  /** The session that the journal belongs to. */
  sessionId: string;
  owner: Owner;
  takeSnapshot(): Snapshot;
  /** The journal has every line again, so it may get more. */
  onCaughtUp(): void;
  onFault(kind: string, line: string): void;
}

/**
 * Takes the lines of one session to its journal. A line is written at once. If the disk fails or is
 * slow, lines wait in memory and are written off the event loop, in order and each once.
 */
export class SessionJournal {
  readonly #options: SessionJournalOptions;
  readonly #pending: PendingLines;
  readonly #settling = coalesceTask(() => this.#settle());
  #file: JournalFile | undefined;
  /** Another file is at the path, or a sync failed. So nobody knows which lines the disk has. */
  #isLost = false;
  #isNameLost = false;
  #isDone = false;
  #hasGivenUp = false;

  constructor(options: SessionJournalOptions) {
    this.#options = options;
    this.#pending = new PendingLines(options.budget);
  }

  /** Whether the journal has every line. */
  get isUpToDate(): boolean {
    return this.#file !== undefined && !this.#isLost && this.#pending.isEmpty;
  }

  /** Whether another conversation has taken the name, so that this one needs a new name. */
  get isNameLost(): boolean {
    return this.#isNameLost;
  }

  /** Whether everything written so far is certainly on the disk. */
  get isSynced(): boolean {
    return this.isUpToDate && this.#file?.isSynced === true && !this.#hasGivenUp;
  }

  /** A line that is written at once needs no memory. */
  hasRoomFor(byteCount: number): boolean {
    return this.#fileToAsk !== undefined || this.#pending.hasRoomFor(byteCount);
  }

  /** The content of a new journal. It includes the lines that wait now. */
  takeSnapshot(): CoveringSnapshot {
    return { ...this.#options.takeSnapshot(), coveredLines: this.#pending.count };
  }

  /** Continues with a journal that was just created from the snapshot. */
  begin(file: JournalFile, snapshot: CoveringSnapshot): void {
    const previous = this.#file;
    if (previous !== undefined) void this.#options.disk.later(quietly(previous.close()));
    this.#file = file;
    this.#isLost = false;
    this.#isNameLost = false;
    this.#pending.dropLines(snapshot.coveredLines);
    snapshot.onWritten();
    this.#requestSync(file);
    if (this.#pending.isEmpty) this.#options.onCaughtUp();
    else void this.settle();
  }

  /** Returns whether the journal has the line now. If not, the line waits in memory. Does not throw. */
  write(line: Buffer): boolean {
    const { breaker } = this.#options.disk;
    const file = this.#fileToAsk;
    if (file === undefined) {
      this.#keep(line);
      return false;
    }
    const startMs = performance.now();
    let written = 0;
    try {
      written = file.appendNow(line);
    } catch (error) {
      this.#fail(file, error);
    }
    breaker.noteBlocked(performance.now() - startMs);
    if (written < line.length) {
      this.#keep(line.subarray(written));
      return false;
    }
    this.#requestSync(file);
    return true;
  }

  /** The journal that takes the next line on the event loop; `undefined` if the line must wait. */
  get #fileToAsk(): JournalFile | undefined {
    return this.isUpToDate && !this.#options.disk.breaker.isOpen ? this.#file : undefined;
  }

  #keep(rest: Buffer): void {
    this.#pending.push(rest);
    void this.settle();
  }

  /**
   * Brings the journal up to date: checks that it is still there, replaces it if it is not, and appends
   * the waiting lines. Never rejects; `isUpToDate` tells the result.
   */
  settle(): Promise<void> {
    return this.#settling.request();
  }

  /** Shows other machines that the owner lives. */
  async touch(): Promise<void> {
    await this.settle();
    const file = this.#file;
    if (file === undefined || !this.isUpToDate) return;
    await this.#options.disk.later(quietly(file.touch()));
  }

  /** Drops the waiting lines and returns how many they were. */
  giveUp(): number {
    const { count } = this.#pending;
    this.#hasGivenUp ||= count > 0;
    this.#pending.dropLines(count);
    return count;
  }

  /** Closes the journal, as soon as no call uses it. */
  async close(): Promise<void> {
    await this.#end((file) => file.close());
  }

  /** Removes the journal. Rejects if that is impossible, or if another file is at its path. */
  async remove(): Promise<void> {
    await this.#end((file) => file.remove());
  }

  async #end(work: (file: JournalFile) => Steps<void>): Promise<void> {
    this.#isDone = true;
    this.giveUp();
    await this.#settling.request();
    if (this.#file !== undefined) await this.#options.disk.later(work(this.#file));
  }

  async #settle(): Promise<void> {
    const file = this.#file;
    if (file === undefined || this.#isDone) return;
    try {
      await this.#mend(file);
      await this.#drain();
    } catch (error) {
      this.#fail(this.#file ?? file, error);
    }
  }

  async #drain(): Promise<void> {
    const { disk, onCaughtUp } = this.#options;
    const file = this.#file;
    while (file !== undefined && !this.#isLost && !this.#pending.isEmpty) {
      const startMs = performance.now();
      const written = await disk.later(file.append(this.#pending.batch()));
      disk.breaker.noteLate(performance.now() - startMs);
      // No system reports success with 0 bytes, but such a disk must not be asked for ever.
      if (written === 0) throw new Error("it takes nothing");
      this.#pending.takeBytes(written);
      this.#requestSync(file);
      if (this.#pending.isEmpty) onCaughtUp();
    }
  }

  /** Replaces a journal that is missing, changed, or whose sync failed. */
  async #mend(file: JournalFile): Promise<void> {
    const { disk, fileMode, report } = this.#options;
    const condition = await disk.later(file.inspect());
    this.#isLost = condition !== "sound" || file.isSuspect;
    if (!this.#isLost) return;
    this.#isNameLost = condition === "foreign" && (await this.#isAnothers(file));
    if (this.#isNameLost || this.#isDone) return;
    const snapshot = this.takeSnapshot();
    const { created, keptAside } = await disk.later(
      replaceJournal(file.path, condition, { lines: snapshot.lines, mode: fileMode }),
    );
    report(`lost_${condition}`, describeLoss(basename(file.path), condition, keptAside));
    this.begin(new JournalFile(file.path, created, disk.descriptors), snapshot);
  }

  async #isAnothers(file: JournalFile): Promise<boolean> {
    const opening = await peekOpening(file.path).catch(() => undefined);
    if (opening === undefined || checkOperation(opening).valid === undefined) return false;
    const { sessionId, owner } = this.#options;
    return opening.session.id !== sessionId || !isDeepStrictEqual(opening.owner, owner);
  }

  #requestSync(file: JournalFile): void {
    this.#options.syncing.request(file, this.#onSyncFault);
  }

  readonly #onSyncFault = (error: unknown): void => {
    const file = this.#file;
    if (file === undefined) return;
    const fact = `Cannot sync "${basename(file.path)}": ${describeFault(error)}`;
    if (file.isSuspect) this.#options.onFault("sync", `${fact}; a new journal takes its place`);
    else
      this.#options.report(
        "sync",
        `${fact}; a power failure may cost its last lines until that is possible`,
      );
  };

  #fail(file: JournalFile, error: unknown): void {
    const { limits, onFault } = this.#options;
    onFault(
      "journal",
      `Cannot write "${basename(file.path)}": ${describeFault(error)}; up to ` +
        `${describeBytes(limits.maxQueuedBytes)} are kept in memory and tried again; ${findWayOut(error)}`,
    );
  }
}

function describeLoss(name: string, condition: JournalCondition, keptAside?: string): string {
  if (condition === "sound")
    return `A new "${name}" took the place of one that could not be synced`;
  const done = condition === "missing" ? "removed" : "changed";
  const kept = keptAside === undefined ? "" : ` that version is kept as "${keptAside}", and`;
  return (
    `"${name}" was ${done} by someone else while the conversation went on;${kept} a new one holds ` +
    `everything`
  );
}

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

/** What a journal needs to hold all that there is at this moment. */
export interface Snapshot {
  lines: Buffer[];
  /** To be called when the lines have become a journal. */
  onWritten(): void;
}

export interface CoveringSnapshot extends Snapshot {
  /** Lines that need not wait any more once it is written. */
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
  /** Whose journal this is. */
  sessionId: string;
  owner: Owner;
  takeSnapshot(): Snapshot;
  /** The journal has every line again. It may write more. */
  onCaughtUp(): void;
  onFault(kind: string, line: string): void;
}

/**
 * The lines of one session on their way to its journal: at once, or, as soon as the disk fails or
 * is slow, from memory and off the event loop, in their order and each once.
 */
export class SessionJournal {
  readonly #options: SessionJournalOptions;
  readonly #pending: PendingLines;
  readonly #settling = coalesceTask(() => this.#settle());
  #file: JournalFile | undefined;
  /** Another file stands at the path, or a sync failed, so nobody knows what the disk has. */
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

  /** Whether another conversation has taken the name, so that this one needs another. */
  get isNameLost(): boolean {
    return this.#isNameLost;
  }

  /** Whether everything written so far is on the disk for certain. */
  get isSynced(): boolean {
    return this.isUpToDate && this.#file?.isSynced === true && !this.#hasGivenUp;
  }

  /** A line that is written at once needs no room in memory. */
  hasRoomFor(byteCount: number): boolean {
    return this.#fileToAsk !== undefined || this.#pending.hasRoomFor(byteCount);
  }

  /** What a new journal begins with. It covers the lines that wait now. */
  takeSnapshot(): CoveringSnapshot {
    return { ...this.#options.takeSnapshot(), coveredLines: this.#pending.count };
  }

  /** Takes over a journal that was just created with the snapshot's lines. */
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

  /** Whether the journal has the line now; else it waits in memory. Does not throw. */
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

  /** The journal that takes the next line on the event loop; `undefined` when the line waits. */
  get #fileToAsk(): JournalFile | undefined {
    return this.isUpToDate && !this.#options.disk.breaker.isOpen ? this.#file : undefined;
  }

  #keep(rest: Buffer): void {
    this.#pending.push(rest);
    void this.settle();
  }

  /**
   * Brings the journal up to date: looks at whether it is still there, puts a new one in its
   * place where it is not, and appends what waits. Never rejects; `isUpToDate` tells.
   */
  settle(): Promise<void> {
    return this.#settling.request();
  }

  /** Shows other machines that its owner lives. */
  async touch(): Promise<void> {
    await this.settle();
    const file = this.#file;
    if (file === undefined || !this.isUpToDate) return;
    await this.#options.disk.later(quietly(file.touch()));
  }

  /** Gives up the lines that wait, and says how many they were. */
  giveUp(): number {
    const { count } = this.#pending;
    this.#hasGivenUp ||= count > 0;
    this.#pending.dropLines(count);
    return count;
  }

  /** Lets go of the journal, once nothing is in flight. */
  async close(): Promise<void> {
    await this.#end((file) => file.close());
  }

  /** Removes the journal. Rejects when that is not possible, or something else stands there. */
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
      // No system says so, but a disk that takes nothing must not be asked for ever.
      if (written === 0) throw new Error("it takes nothing");
      this.#pending.takeBytes(written);
      this.#requestSync(file);
      if (this.#pending.isEmpty) onCaughtUp();
    }
  }

  /** Puts a new journal in the place of one that is not there any more, or not to be relied on. */
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

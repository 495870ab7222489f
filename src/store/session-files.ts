import { mkdirSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { basename } from "node:path";

import type { Message } from "../record/index.js";
import { claimName } from "./claim-name.js";
import type { ClaimedName } from "./claim-name.js";
import { coalesceTask } from "./coalesced-task.js";
import type { ConversationState } from "./conversation-state.js";
import { renderDocument } from "./document.js";
import { measure } from "./figures.js";
import { syncFolder } from "./exclusive-file.js";
import { describeFault } from "./fault.js";
import type { JournalFile } from "./journal-file.js";
import type { StoreLimits } from "./limits.js";
import { PendingLines } from "./pending-lines.js";
import type { QueueBudget } from "./pending-lines.js";
import type { ReportProblem } from "./problem-log.js";
import { publishDocument } from "./publisher.js";
import { openTextLog } from "./text-log.js";
import type { TextLog } from "./text-log.js";

/** What a store lends to each of its sessions. */
export interface SessionSurroundings {
  directory: string;
  limits: StoreLimits;
  clock: () => Date;
  textLog: boolean;
  budget: QueueBudget;
  report: ReportProblem;
  /** Asks for a sync of the journal to the disk. */
  requestSync(journal: JournalFile): void;
  /** The session is closed, published and synced, and its journal is gone. */
  onFinished(): void;
}

/** The files of one session: they follow the state in memory, as soon as the disk lets them. */
export class SessionFiles {
  readonly #head: Buffer;
  readonly #state: ConversationState;
  readonly #around: SessionSurroundings;
  readonly #onDrained: () => void;
  readonly #pending: PendingLines;
  readonly #publishing = coalesceTask(() => this.#publish());
  #claimed: ClaimedName | undefined;
  #text: TextLog | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isPublished = false;
  #isFailing = false;
  #isDone = false;

  /** `onDrained` is called whenever the journal has caught up after a failure. */
  constructor(
    head: Buffer,
    state: ConversationState,
    around: SessionSurroundings,
    onDrained: () => void,
  ) {
    this.#head = head;
    this.#state = state;
    this.#around = around;
    this.#onDrained = onDrained;
    this.#pending = new PendingLines(around.budget);
    this.#createFiles();
    this.#isPublished = this.#claimed?.identity !== undefined;
  }

  get jsonPath(): string | undefined {
    return this.#claimed?.paths.json;
  }

  /** Whether the journal has every line. */
  get isUpToDate(): boolean {
    return this.#claimed !== undefined && this.#pending.isEmpty;
  }

  hasRoomFor(byteCount: number): boolean {
    if (this.#claimed === undefined) return this.#pending.hasRoomFor(byteCount);
    return this.#drain() || this.#pending.hasRoomFor(byteCount);
  }

  /** Appends a line to the journal, or keeps it until the journal takes it. */
  write(line: Buffer): void {
    this.#pending.push(line);
    this.#drain();
  }

  logText(message: Message): void {
    this.#text?.append(message);
  }

  requestPublish(): void {
    this.#isPublished = false;
    void this.#publishing.request();
  }

  /** Resolves when the files have everything, or the disk has refused it once more. */
  async flush(): Promise<void> {
    this.#createFiles();
    this.#drain();
    await this.#publishing.request();
  }

  touch(): void {
    this.#claimed?.journal.touch();
  }

  /** Closes the files and gives up what the disk did not take. */
  async release(): Promise<void> {
    this.#isDone = true;
    clearTimeout(this.#retry);
    this.#text?.close();
    if (!this.#pending.isEmpty) {
      this.#around.report(
        "given_up",
        `${this.#pending.count} changes of session "${this.#state.session.id}" never reached the disk; ` +
          `they are lost with this process`,
      );
      this.#pending.clear();
    }
    await this.#claimed?.journal.sync().catch(() => undefined);
    await this.#claimed?.journal.close();
  }

  #createFiles(): boolean {
    if (this.#claimed !== undefined) return true;
    if (this.#isDone) return false;
    const { directory, textLog } = this.#around;
    try {
      mkdirSync(directory, { recursive: true });
      this.#claimed = claimName(directory, this.#state.session.started_at, {
        head: this.#head,
        document: Buffer.concat(this.#render()),
        withText: textLog,
      });
    } catch (error) {
      this.#fail(
        "create",
        `Cannot create a conversation in "${directory}": ${describeFault(error)}; it is kept in ` +
          `memory and tried again, make the folder writable`,
      );
      return false;
    }
    const { fault, journal, paths } = this.#claimed;
    if (textLog) this.#openTextLog(paths.text);
    this.#around.requestSync(journal);
    if (fault !== undefined) this.#failToPublish(fault);
    return true;
  }

  #openTextLog(path: string): void {
    this.#text = openTextLog(path, (error) =>
      this.#around.report(
        "text",
        `Cannot write "${basename(path)}": ${describeFault(error)}; the conversation itself is not affected`,
      ),
    );
    for (const message of this.#state.messages.items()) this.#text.append(message);
  }

  /** Whether the journal has every line now. */
  #drain(): boolean {
    if (this.#claimed === undefined) return false;
    if (this.#pending.isEmpty) return true;
    const { journal } = this.#claimed;
    try {
      this.#pending.drainInto(journal);
    } catch (error) {
      this.#fail(
        "journal",
        `Cannot write "${basename(journal.path)}": ${describeFault(error)}; up to ` +
          `${this.#around.limits.maxQueuedBytes} bytes are kept in memory and tried again`,
      );
      return false;
    }
    this.#around.requestSync(journal);
    this.#onDrained();
    return true;
  }

  async #publish(): Promise<void> {
    if (this.#isDone) return;
    if (!this.#createFiles() || this.#claimed === undefined) return;
    const isDrained = this.#drain();
    if (this.#isPublished) return this.#noteProgress(isDrained);
    this.#isPublished = true;
    const isFinal = this.#state.session.status !== "open";
    const claimed = this.#claimed;
    try {
      // The folder may have been taken away in the meantime.
      if (this.#isFailing) mkdirSync(this.#around.directory, { recursive: true });
      const published = await publishDocument(claimed.paths.json, this.#render(), {
        replaces: claimed.identity,
        durable: isFinal,
      });
      claimed.identity = published.identity;
      if (published.keptAside !== undefined) this.#reportForeignFile(published.keptAside);
    } catch (error) {
      this.#isPublished = false;
      this.#failToPublish(error);
      return;
    }
    if (isFinal) return this.#finish(claimed);
    this.#noteProgress(isDrained);
  }

  /** The published file is whole and on the disk, so the journal has done its work. */
  async #finish({ journal, paths }: ClaimedName): Promise<void> {
    this.#isDone = true;
    clearTimeout(this.#retry);
    this.#pending.clear();
    this.#text?.close();
    try {
      await journal.close();
      await unlink(paths.journal);
      await syncFolder(this.#around.directory);
    } catch (error) {
      this.#around.report(
        "journal_left",
        `Cannot remove "${basename(paths.journal)}": ${describeFault(error)}; the conversation is ` +
          `complete, the next recovery removes it`,
      );
    }
    this.#around.onFinished();
  }

  #render(): Buffer[] {
    return renderDocument(this.#state, measure(this.#state));
  }

  #failToPublish(error: unknown): void {
    const name = basename(this.#claimed?.paths.json ?? this.#around.directory);
    this.#fail(
      "publish",
      `Cannot publish "${name}": ${describeFault(error)}; its last version stays, and it is tried again`,
    );
  }

  #fail(kind: string, line: string): void {
    this.#isFailing = true;
    this.#around.report(kind, line);
    if (this.#isDone || this.#retry !== undefined) return;
    // A conversation that waits for the disk must not keep the process from ending.
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#publishing.request();
    }, this.#around.limits.retryDelayMs).unref();
  }

  #noteProgress(isDrained: boolean): void {
    if (!isDrained || !this.#isFailing) return;
    this.#isFailing = false;
    const name = basename(this.#claimed?.paths.json ?? "");
    this.#around.report("works_again", `The disk works again: "${name}" is up to date`);
  }

  #reportForeignFile(keptAside: string): void {
    const name = basename(this.#claimed?.paths.json ?? "");
    this.#around.report(
      "edited",
      `"${name}" was changed by someone else while the conversation went on; that version is kept as "${keptAside}"`,
    );
  }
}

import { basename, dirname } from "node:path";

import type { Message } from "../../record/index.js";
import type { Owner } from "../../platform/owner.js";
import { claimName } from "./claim-name.js";
import type { ClaimedName, LastName } from "./claim-name.js";
import { coalesceTask } from "../disk/coalesced-task.js";
import type { ConversationState } from "../document/conversation-state.js";
import type { Disk } from "../disk/disk.js";
import { renderDocument } from "../document/render-document.js";
import { identityOf, isSameFile } from "../disk/exclusive-file.js";
import { describeFault, findWayOut } from "../disk/fault.js";
import { measure } from "../document/measure.js";
import { makeFolderStep, quietly, removeFile, statPath, syncFolder } from "../disk/file-steps.js";
import type { StoreLimits } from "../disk/limits.js";
import type { QueueBudget } from "./pending-lines.js";
import type { ReportProblem } from "../disk/problem-log.js";
import { publishDocument } from "../disk/replace-file.js";
import { SessionJournal } from "./session-journal.js";
import type { Snapshot } from "./session-journal.js";
import { runNow } from "../disk/steps.js";
import type { Steps } from "../disk/steps.js";
import type { SyncQueue } from "../disk/sync-queue.js";
import { TextLog } from "./text-log.js";

/** What a store lends to each of its sessions. */
export interface SessionSurroundings {
  /** Something could not be kept, and was counted in `integrity.dropped`. */
  onDropped: () => void;
  directory: string;
  limits: StoreLimits;
  clock: () => Date;
  textLog: boolean;
  disk: Disk;
  syncing: SyncQueue;
  lastName: LastName;
  budget: QueueBudget;
  report: ReportProblem;
  /** The session is closed, published and synced, and its journal is gone. */
  onFinished(): void;
}

/** What the files of a session are made from. */
export interface SessionContent {
  state: ConversationState;
  owner: Owner;
  takeSnapshot(): Snapshot;
  /** The journal has every line again. It may be given more. */
  onCaughtUp(): void;
}

type ClaimedFiles = Pick<ClaimedName, "paths" | "identity">;

/** The files of one session: they follow the state in memory, as soon as the disk lets them. */
export class SessionFiles {
  readonly #content: SessionContent;
  readonly #around: SessionSurroundings;
  readonly #journal: SessionJournal;
  readonly #publishing = coalesceTask(() => this.#publish());
  #claimed: ClaimedFiles | undefined;
  #text: TextLog | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isPublished = false;
  #isFailing = false;
  #isDone = false;

  constructor(content: SessionContent, around: SessionSurroundings) {
    this.#content = content;
    this.#around = around;
    this.#journal = new SessionJournal({
      ...around,
      ...content,
      sessionId: content.state.session.id,
      onFault: (kind, line) => this.#fail(kind, line),
    });
    if (around.disk.breaker.isOpen) this.requestPublish();
    else this.#createNow();
  }

  get jsonPath(): string | undefined {
    return this.#claimed?.paths.json;
  }

  /** Whether the journal has every line. */
  get isUpToDate(): boolean {
    return this.#journal.isUpToDate;
  }

  /** Whether everything written so far is on the disk for certain. */
  get isSynced(): boolean {
    return this.#journal.isSynced;
  }

  hasRoomFor(byteCount: number): boolean {
    return this.#journal.hasRoomFor(byteCount);
  }

  /** Whether the journal has the line now; else it waits in memory. */
  write(line: Buffer): boolean {
    return this.#journal.write(line);
  }

  logText(message: Message): void {
    this.#text?.append(message);
  }

  requestPublish(): void {
    this.#isPublished = false;
    void this.#publishing.request();
  }

  /** Resolves when the files have everything, or the disk has refused it once more. */
  flush(): Promise<void> {
    return this.#publishing.request();
  }

  /** Looks after files that nobody has written to for a while, and shows that their owner lives. */
  async touch(): Promise<void> {
    await this.#journal.touch();
    const claimed = this.#claimed;
    if (claimed?.identity === undefined || !this.#isPublished) return;
    if (!(await this.#hasOurs(claimed))) this.requestPublish();
  }

  /** Closes the files and gives up what the disk did not take. */
  async release(): Promise<void> {
    await this.#journal.settle();
    this.#isDone = true;
    clearTimeout(this.#retry);
    const lost = this.#journal.giveUp();
    if (lost > 0) {
      this.#around.report(
        "given_up",
        `${lost} ${lost === 1 ? "change" : "changes"} of session ` +
          `"${this.#content.state.session.id}" never reached the disk and ` +
          `${lost === 1 ? "is" : "are"} lost with this process`,
      );
    }
    await this.#around.syncing.all();
    await this.#journal.close();
  }

  /** Takes a name, with files that hold everything so far. Throws what the file system says. */
  *#create(): Steps<ClaimedFiles> {
    const { directory, textLog, disk, lastName } = this.#around;
    const { messages, session } = this.#content.state;
    yield* makeFolderStep(directory);
    const snapshot = this.#journal.takeSnapshot();
    const beginning = { lines: snapshot.lines, document: this.#render(), withText: textLog };
    this.#isPublished = true;
    const claimed = yield* claimName(
      directory,
      session.started_at,
      beginning,
      disk.descriptors,
      lastName,
    );
    this.#claimed = claimed;
    if (textLog) this.#text = new TextLog(claimed.paths.text, messages.items());
    this.#journal.begin(claimed.journal, snapshot);
    if (claimed.fault !== undefined) this.#failToPublish(claimed.fault);
    return claimed;
  }

  #createNow(): void {
    try {
      runNow(this.#create());
    } catch (error) {
      this.#failToCreate(error);
    }
  }

  async #createLater(): Promise<ClaimedFiles | undefined> {
    try {
      return await this.#around.disk.publish(this.#create(), false);
    } catch (error) {
      this.#failToCreate(error);
      return undefined;
    }
  }

  async #publish(): Promise<void> {
    if (this.#isDone) return;
    if (this.#claimed !== undefined) await this.#journal.settle();
    if (this.#journal.isNameLost) await this.#leaveName();
    const claimed = this.#claimed ?? (await this.#createLater());
    if (claimed === undefined) return;
    await this.#writeText();
    const isFinal = this.#content.state.session.status !== "open";
    if (!this.#isPublished || isFinal) {
      this.#isPublished = true;
      try {
        await this.#replaceDocument(claimed, isFinal);
      } catch (error) {
        this.#failToPublish(error);
        return;
      }
    }
    if (!isFinal) return this.#noteProgress();
    if (await this.#syncName(claimed)) await this.#finish(claimed);
  }

  /** Whether the name of the complete document is on the disk as well. */
  async #syncName({ paths }: ClaimedFiles): Promise<boolean> {
    try {
      await this.#around.disk.publish(syncFolder(dirname(paths.json)), true);
      return true;
    } catch (error) {
      this.#fail(
        "folder",
        `Cannot sync the folder of "${this.#name}": ${describeFault(error)}; the conversation is ` +
          `complete, and its journal stays until that is possible`,
      );
      return false;
    }
  }

  async #replaceDocument(claimed: ClaimedFiles, durable: boolean): Promise<void> {
    const path = claimed.paths.json;
    const options = { replaces: claimed.identity, durable };
    const steps = publishDocument(path, this.#render(), options);
    const { identity, keptAside } = await this.#around.disk.publish(steps, durable);
    claimed.identity = identity;
    if (keptAside !== undefined) {
      this.#around.report(
        "edited",
        `"${basename(path)}" was changed by someone else while the conversation went on; that ` +
          `version is kept as "${keptAside}"`,
      );
    }
  }

  /** The published file is whole and on the disk, so the journal has done its work. */
  async #finish({ paths }: ClaimedFiles): Promise<void> {
    this.#isDone = true;
    clearTimeout(this.#retry);
    try {
      await this.#journal.remove();
      // A journal that comes back with the power is removed by the next recovery.
      await this.#around.disk.later(quietly(syncFolder(this.#around.directory)));
    } catch (error) {
      this.#around.report(
        "journal_left",
        `Cannot remove "${basename(paths.journal)}": ${describeFault(error)}; the conversation is ` +
          `complete, the next recovery removes it`,
      );
    }
    this.#around.onFinished();
  }

  /** Another conversation has taken our name while the folder was away: both must go on. */
  async #leaveName(): Promise<void> {
    const left = this.#claimed;
    if (left === undefined) return;
    this.#claimed = undefined;
    const { disk, report } = this.#around;
    if (await this.#hasOurs(left)) await disk.later(quietly(removeFile(left.paths.json)));
    const claimed = await this.#createLater();
    if (claimed === undefined) return;
    report(
      "name_lost",
      `"${basename(left.paths.json)}" belongs to another conversation now; session ` +
        `"${this.#content.state.session.id}" goes on as "${basename(claimed.paths.json)}"`,
    );
  }

  /** Whether the document that stands there is the one that we published last. */
  async #hasOurs({ paths, identity }: ClaimedFiles): Promise<boolean> {
    try {
      const found = await this.#around.disk.later(statPath(paths.json));
      return found !== undefined && isSameFile(identityOf(found), identity);
    } catch {
      return false;
    }
  }

  async #writeText(): Promise<void> {
    try {
      if (this.#text !== undefined) await this.#around.disk.later(this.#text.write());
    } catch (error) {
      this.#around.report(
        "text",
        `Cannot write the text log of "${this.#name}": ${describeFault(error)}; the conversation ` +
          `itself is not affected`,
      );
    }
  }

  get #name(): string {
    return basename(this.#claimed?.paths.json ?? this.#around.directory);
  }

  #render(): Buffer[] {
    return renderDocument(this.#content.state, measure(this.#content.state));
  }

  #failToCreate(error: unknown): void {
    this.#isPublished = false;
    this.#fail(
      "create",
      `Cannot create a conversation in "${this.#around.directory}": ${describeFault(error)}; it is ` +
        `kept in memory and tried again; ${findWayOut(error)}`,
    );
  }

  #failToPublish(error: unknown): void {
    this.#isPublished = false;
    this.#fail(
      "publish",
      `Cannot publish "${this.#name}": ${describeFault(error)}; its last version stays, and it is ` +
        `tried again; ${findWayOut(error)}`,
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

  #noteProgress(): void {
    if (!this.#journal.isUpToDate || !this.#isFailing) return;
    this.#isFailing = false;
    this.#around.report("works_again", `The disk works again: "${this.#name}" is up to date`);
  }
}

import { basename } from "node:path";

import type { Message } from "../../record/index.js";
import { claimName } from "./claim-name.js";
import { coalesceTask } from "../disk/coalesced-task.js";
import { renderDocument } from "../document/render-document.js";
import { describeFault, findWayOut } from "../disk/fault.js";
import { measure } from "../document/measure.js";
import { makeFolderStep, quietly, syncFolder } from "../disk/file-steps.js";
import { DocumentFile } from "./document-file.js";
import { PublishPace } from "./publish-pace.js";
import { RetrySchedule } from "./retry-schedule.js";
import { SessionJournal } from "./session-journal.js";
import { runNow } from "../disk/steps.js";
import type { Steps } from "../disk/steps.js";
import type { SessionContent, SessionContext } from "./session-context.js";
import { TextLog } from "./text-log.js";

/** The files of one session. They follow the state in memory as soon as the disk allows it. */
export class SessionFiles {
  readonly #content: SessionContent;
  readonly #context: SessionContext;
  readonly #journal: SessionJournal;
  readonly #publishing = coalesceTask(() => this.#publish());
  readonly #retries: RetrySchedule;
  /** The document under the name that was taken; `undefined` until a file could be created. */
  #document: DocumentFile | undefined;
  #text: TextLog | undefined;
  /** Whether the published document has the whole state. */
  #isPublished = false;
  #isDone = false;
  readonly #pace: PublishPace;
  /** Whether somebody waits for the published document. */
  #isAwaited = false;

  constructor(content: SessionContent, context: SessionContext) {
    this.#content = content;
    this.#context = context;
    this.#retries = new RetrySchedule(
      context.limits.retryDelayMs,
      () => void this.#publishing.request(),
    );
    this.#pace = new PublishPace(context.limits, () => void this.#publishing.request());
    this.#journal = new SessionJournal({
      ...context,
      ...content,
      sessionId: content.state.session.id,
      onFault: (kind, line) => this.#fail(kind, line),
    });
    if (context.disk.breaker.isOpen) this.requestPublish();
    else this.#createNow();
  }

  get jsonPath(): string | undefined {
    return this.#document?.path;
  }

  /** Whether the journal has every line. */
  get isUpToDate(): boolean {
    return this.#journal.isUpToDate;
  }

  /** Whether everything written so far is certainly on the disk. */
  get isSynced(): boolean {
    return this.#journal.isSynced;
  }

  hasRoomFor(byteCount: number): boolean {
    return this.#journal.hasRoomFor(byteCount);
  }

  /** Returns whether the journal has the line now. If not, the line waits in memory. */
  write(line: Buffer): boolean {
    return this.#journal.write(line);
  }

  logText(message: Message): void {
    this.#text?.append(message);
  }

  requestPublish(): void {
    this.#isPublished = false;
    this.#pace.noteChange();
    void this.#publishing.request();
  }

  /** Resolves when the files have everything, or when the disk has refused once more. */
  flush(): Promise<void> {
    this.#isAwaited = true;
    return this.#publishing.request();
  }

  /** Checks files that nobody has written to for a while, and shows that their owner lives. */
  async touch(): Promise<void> {
    await this.#journal.touch();
    const document = this.#document;
    if (document?.wasPublished !== true || !this.#isPublished) return;
    if (!(await document.isOurs())) this.requestPublish();
  }

  /** Closes the files, and drops the lines that the disk did not take. */
  async release(): Promise<void> {
    await this.#journal.settle();
    this.#isDone = true;
    this.#retries.stop();
    this.#pace.stop();
    const lost = this.#journal.giveUp();
    if (lost > 0) {
      this.#context.onDropped(lost);
      this.#context.report(
        "given_up",
        `${lost} ${lost === 1 ? "change" : "changes"} of session ` +
          `"${this.#content.state.session.id}" never reached the disk and ` +
          `${lost === 1 ? "is" : "are"} lost with this process`,
      );
    }
    await this.#context.syncing.all();
    await this.#journal.close();
  }

  /** Takes a name and creates files that hold everything so far. Throws the file system's error. */
  *#create(): Steps<DocumentFile> {
    const { directory, textLog, disk, fileMode, lastName } = this.#context;
    const { messages, session } = this.#content.state;
    yield* makeFolderStep(directory, fileMode);
    const snapshot = this.#journal.takeSnapshot();
    const beginning = {
      lines: snapshot.lines,
      document: this.#render(),
      withText: textLog,
      mode: fileMode,
    };
    this.#isPublished = true;
    const claimed = yield* claimName(
      directory,
      session.started_at,
      beginning,
      disk.descriptors,
      lastName,
    );
    const document = new DocumentFile(claimed.paths.json, claimed.identity, this.#context);
    this.#document = document;
    if (textLog) this.#text = new TextLog(claimed.paths.text, messages.items(), fileMode);
    this.#journal.begin(claimed.journal, snapshot);
    if (claimed.fault !== undefined) this.#failToPublish(claimed.fault);
    return document;
  }

  #createNow(): void {
    try {
      runNow(this.#create());
    } catch (error) {
      this.#failToCreate(error);
    }
  }

  async #createLater(): Promise<DocumentFile | undefined> {
    try {
      return await this.#context.disk.publish(this.#create(), false);
    } catch (error) {
      this.#failToCreate(error);
      return undefined;
    }
  }

  async #publish(): Promise<void> {
    if (this.#isDone) return;
    if (this.#document !== undefined) await this.#journal.settle();
    if (this.#journal.isNameLost) await this.#leaveName();
    const document = this.#document ?? (await this.#createLater());
    if (document === undefined) return;
    await this.#writeText();
    const isFinal = this.#content.state.session.status !== "open";
    const isAwaited = this.#isAwaited;
    this.#isAwaited = false;
    if (!this.#isPublished || isFinal) {
      if (!isFinal && !isAwaited && !this.#pace.isDue()) return;
      this.#isPublished = true;
      try {
        await this.#replaceDocument(document, isFinal);
      } catch (error) {
        this.#failToPublish(error);
        return;
      }
    }
    if (!isFinal) return this.#noteProgress();
    if (await this.#syncName(document)) await this.#finish();
  }

  /** Whether the name of the complete document is on the disk too. */
  async #syncName(document: DocumentFile): Promise<boolean> {
    try {
      await document.syncName();
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

  async #replaceDocument(document: DocumentFile, isFinal: boolean): Promise<void> {
    const pieces = this.#render();
    this.#pace.notePublish(pieces.reduce((sum, { length }) => sum + length, 0));
    const keptAside = await document.replace(pieces, isFinal);
    if (keptAside === undefined) return;
    this.#context.report(
      "edited",
      `"${document.name}" was changed by someone else while the conversation went on; that ` +
        `version is kept as "${keptAside}"`,
    );
  }

  /** The published file is complete and on the disk, so the journal is not needed any more. */
  async #finish(): Promise<void> {
    this.#isDone = true;
    this.#retries.stop();
    try {
      await this.#journal.remove();
      // After a power failure the removed journal may be there again. The next recovery removes it.
      await this.#context.disk.later(quietly(syncFolder(this.#context.directory)));
    } catch (error) {
      this.#context.report(
        "journal_left",
        `Cannot remove the journal of "${this.#name}": ${describeFault(error)}; the conversation is ` +
          `complete, the next recovery removes it`,
      );
    }
    this.#context.onFinished();
  }

  /**
   * Another conversation took our name while the folder was missing. Both must go on, so we take
   * another name.
   */
  async #leaveName(): Promise<void> {
    const left = this.#document;
    if (left === undefined) return;
    this.#document = undefined;
    await left.removeIfOurs();
    const document = await this.#createLater();
    if (document === undefined) return;
    this.#context.report(
      "name_lost",
      `"${left.name}" belongs to another conversation now; session ` +
        `"${this.#content.state.session.id}" goes on as "${document.name}"`,
    );
  }

  async #writeText(): Promise<void> {
    try {
      if (this.#text !== undefined) await this.#context.disk.later(this.#text.write());
    } catch (error) {
      this.#context.report(
        "text",
        `Cannot write the text log of "${this.#name}": ${describeFault(error)}; the conversation ` +
          `itself is not affected`,
      );
    }
  }

  get #name(): string {
    return this.#document?.name ?? basename(this.#context.directory);
  }

  #render(): Buffer[] {
    return renderDocument(this.#content.state, measure(this.#content.state));
  }

  #failToCreate(error: unknown): void {
    this.#isPublished = false;
    this.#fail(
      "create",
      `Cannot create a conversation in "${this.#context.directory}": ${describeFault(error)}; it is ` +
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
    this.#context.report(kind, line);
    this.#retries.noteFault();
  }

  #noteProgress(): void {
    if (this.#journal.isUpToDate && this.#retries.noteSuccess())
      this.#context.report("works_again", `The disk works again: "${this.#name}" is up to date`);
  }
}

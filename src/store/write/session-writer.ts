import { currentOwner } from "../../platform/owner.js";
import {
  type ConversationEvent,
  type Message,
  type MessageAmendment,
  type NewMessage,
  type SessionAmendment,
  type SessionEnd,
  type SessionStart,
  type UnspokenReason,
  toTimestamp,
} from "../../record/index.js";
import { describeBytes } from "../disk/describe-bytes.js";
import { describeFault } from "../disk/fault.js";
import { checkOperation, isObject } from "../document/check-operation.js";
import {
  type ConversationState,
  type Refusal,
  applyOperation,
  beginConversation,
} from "../document/conversation-state.js";
import { cutTexts } from "../document/cut-content.js";
import type { OpenOperation, Operation } from "../document/operations.js";
import { inForm } from "../document/timestamp-form.js";
import { JOURNAL_VERSION, encodeLine } from "../journal/journal-line.js";
import { encodeSnapshot } from "../journal/snapshot.js";
import type { SessionContext } from "./session-context.js";
import { SessionFiles } from "./session-files.js";
import type { Snapshot } from "./session-journal.js";

const REFUSALS: Record<Refusal, string> = {
  duplicate_id: "its id is already in the conversation; give every message an id of its own",
  unknown_id: "no message of the conversation has this id; add the message first",
  not_an_agent_message: "only what the agent was to say can be retracted",
  closed: "the session is closed; a closed conversation never changes",
};

function describeInvalid(keys: readonly string[]): string {
  const names = keys.map((key) => `"${key}"`).join(" and ");
  return `${names} ${keys.length === 1 ? "is" : "are"} not what docs/conversation.schema.json has there`;
}

/**
 * Writes one conversation. Each operation is encoded, applied to the state in memory, and appended to
 * the journal, in this order. What cannot be kept is counted. No method throws.
 */
export class SessionWriter {
  readonly #context: SessionContext;
  readonly #state: ConversationState;
  readonly #files: SessionFiles;
  readonly #opening: OpenOperation;
  /** The first line of every journal has the number 0. */
  #nextLine = 1;
  /** The counts that the journal has already. */
  #recorded = { dropped: 0, deferred: 0 };

  /** Throws a `TypeError` if JSON cannot carry the session, or if it has no id. */
  constructor(session: SessionStart, context: SessionContext) {
    this.#context = context;
    // The session as it will be read, independent of the caller's objects.
    const { line } = encodeLine({ ...this.#openOperation(session), n: 0, at: 0 });
    const { n: _n, at: _at, ...given } = line;
    const { valid: opening, invalidKeys } = checkOperation(given);
    if (opening === undefined) throw new TypeError(describeInvalid(invalidKeys));
    this.#opening = opening;
    this.#state = beginConversation(opening.session);
    this.#files = new SessionFiles(
      {
        state: this.#state,
        owner: opening.owner,
        takeSnapshot: () => this.#takeSnapshot(),
        onCaughtUp: () => this.#recordCounts(),
      },
      context,
    );
    if (invalidKeys.length > 0) this.#drop("misfit", this.#leavingOut(invalidKeys, "the session"));
  }

  /** The path of the published file; `undefined` until a file could be created. */
  get jsonPath(): string | undefined {
    return this.#files.jsonPath;
  }

  get isClosed(): boolean {
    return this.#state.session.status !== "open";
  }

  /** Whether everything recorded so far is certainly on the disk. */
  get isSynced(): boolean {
    return this.#files.isSynced;
  }

  add(message: NewMessage): void {
    if (!this.#isGiven(message, "a message")) return;
    const { texts, cut } = cutTexts(message, this.#context.limits.maxContentChars);
    const timestamp = this.#inForm(message.timestamp);
    const numbered: Message = { ...texts, timestamp, seq: this.#state.lastSeq + 1 };
    if (!this.#submit({ op: "add", message: numbered }, `message "${message.id}"`)) return;
    this.#files.logText(numbered);
    this.#countCuts(cut, message.id);
  }

  amend(id: string, amendment: MessageAmendment): void {
    if (!this.#isGiven(amendment, `an amendment of "${id}"`)) return;
    const { texts, cut } = cutTexts(amendment, this.#context.limits.maxContentChars);
    if (this.#submit({ op: "amend", id, amendment: texts }, `an amendment of "${id}"`)) {
      this.#countCuts(cut, id);
    }
  }

  retract(id: string, reason: UnspokenReason, error?: string): void {
    const operation = { op: "retract" as const, id, reason, ...(error !== undefined && { error }) };
    this.#submit(operation, `the retraction of "${id}"`);
  }

  addEvent(event: ConversationEvent): void {
    if (!this.#isGiven(event, "an event")) return;
    const timestamp = this.#inForm(event.timestamp);
    this.#submit({ op: "event", event: { ...event, timestamp } }, `event "${event.type}"`);
  }

  amendSession(amendment: SessionAmendment): void {
    const what = "what became known of the session";
    if (this.#isGiven(amendment, what)) this.#submit({ op: "session", amendment }, what);
  }

  /** Ends the conversation and starts its last publish. */
  close(end: SessionEnd): void {
    // An end is recorded even if its data are wrong.
    const given: SessionEnd = isObject(end) ? end : { ended_at: "" };
    const ended_at = this.#inForm(given.ended_at);
    this.#submit({ op: "close", end: { ...given, ended_at } }, "the end");
  }

  flush(): Promise<void> {
    return this.#files.flush();
  }

  touch(): Promise<void> {
    return this.#files.touch();
  }

  /** Closes the files. A session that is not published completely keeps its journal. */
  async release(): Promise<void> {
    if (this.#files.isUpToDate) {
      this.#files.write(encodeLine({ op: "release", ...this.#lineHead() }).bytes);
    }
    await this.#files.release();
  }

  #openOperation(session: SessionStart): OpenOperation {
    return {
      op: "open",
      journal: JOURNAL_VERSION,
      session: { ...session, started_at: this.#inForm(session.started_at) },
      owner: currentOwner(),
    };
  }

  #lineHead(): { n: number; at: number } {
    return { n: this.#nextLine, at: this.#context.clock().getTime() };
  }

  /**
   * Returns whether the operation was taken. An end is always taken, because it is small and the last
   * one.
   */
  #submit(operation: Operation, what: string): boolean {
    const { valid, invalidKeys } = checkOperation(operation);
    if (valid === undefined) {
      return this.#drop("misfit", `Cannot record ${what}: ${describeInvalid(invalidKeys)}`);
    }
    if (invalidKeys.length > 0) this.#drop("misfit", this.#leavingOut(invalidKeys, what));
    let encoded;
    try {
      encoded = encodeLine({ ...valid, ...this.#lineHead() });
    } catch (error) {
      return this.#drop("unencodable", `Cannot record ${what}: ${describeFault(error)}`);
    }
    const { bytes, line } = encoded;
    const { maxLineBytes, maxQueuedBytes } = this.#context.limits;
    if (bytes.length > maxLineBytes) {
      return this.#drop(
        "line_too_long",
        `Cannot record ${what}: it has ${describeBytes(bytes.length)}, the limit is ${describeBytes(maxLineBytes)}`,
      );
    }
    if (operation.op !== "close" && !this.#files.hasRoomFor(bytes.length)) {
      return this.#drop(
        "queue_full",
        `Cannot record ${what}: the disk takes nothing and ${describeBytes(maxQueuedBytes)} wait already; ` +
          `what follows is lost, and counted, until the disk works`,
      );
    }
    const refusal = applyOperation(this.#state, line);
    if (refusal !== undefined) {
      return this.#drop(refusal, `Cannot record ${what}: ${REFUSALS[refusal]}`);
    }
    this.#state.lastLine = this.#nextLine;
    this.#nextLine += 1;
    if (!this.#files.write(bytes)) this.#countDeferral();
    this.#files.requestPublish();
    return true;
  }

  /** Callers without types may pass anything. */
  #isGiven(value: unknown, what: string): boolean {
    return isObject(value) || this.#drop("misfit", `Cannot record ${what}: it is no object`);
  }

  #leavingOut(invalidKeys: readonly string[], what: string): string {
    return `Cannot record all of ${what}: ${describeInvalid(invalidKeys)}; the rest is recorded`;
  }

  #countCuts(cut: number, id: string): void {
    const limit = this.#context.limits.maxContentChars;
    for (let i = 0; i < cut; i += 1) {
      this.#drop("cut", `The text of message "${id}" was cut to the limit of ${limit} characters`);
    }
  }

  #drop(kind: string, line: string): false {
    this.#context.report(kind, `${line} (session "${this.#state.session.id}")`);
    this.#state.integrity.dropped += 1;
    this.#context.onDropped(1);
    if (this.#files.isUpToDate) this.#recordCounts();
    this.#files.requestPublish();
    return false;
  }

  #countDeferral(): void {
    const { integrity } = this.#state;
    integrity.deferred = (integrity.deferred ?? 0) + 1;
  }

  /** Writes the counts into the journal, if the journal takes lines. */
  #recordCounts(): void {
    const { dropped, deferred } = this.#counts();
    const { dropped: knownDropped, deferred: knownDeferred } = this.#recorded;
    this.#recorded = { dropped, deferred };
    this.#note("dropped", dropped - knownDropped);
    this.#note("deferred", deferred - knownDeferred);
  }

  #note(op: "dropped" | "deferred", count: number): void {
    if (count === 0) return;
    const { bytes } = encodeLine({ op, count, ...this.#lineHead() });
    this.#state.lastLine = this.#nextLine;
    this.#nextLine += 1;
    this.#files.write(bytes);
  }

  #counts(): { dropped: number; deferred: number } {
    const { dropped, deferred = 0 } = this.#state.integrity;
    return { dropped, deferred };
  }

  #takeSnapshot(): Snapshot {
    const counts = this.#counts();
    const lines = encodeSnapshot(this.#opening, this.#state, this.#lineHead().at);
    // Lines appended after the snapshot need higher numbers.
    this.#nextLine = Math.max(this.#nextLine, lines.length);
    this.#state.lastLine = this.#nextLine - 1;
    return { lines, onWritten: () => (this.#recorded = counts) };
  }

  #inForm(timestamp: string): string {
    const given = inForm(timestamp);
    if (given !== undefined) return given;
    const now = this.#context.clock().getTime();
    this.#context.report(
      "timestamp",
      `Cannot read timestamp "${timestamp}": the present time is recorded instead`,
    );
    return toTimestamp(now);
  }
}

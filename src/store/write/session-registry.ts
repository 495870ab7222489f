import type { SessionStart } from "../../record/index.js";
import type { SessionContext } from "./session-context.js";
import { SessionWriter } from "./session-writer.js";

/** The part of the context that all sessions of a store share. */
export type SharedContext = Omit<SessionContext, "onFinished" | "report">;

/** The sessions of a store that are open, or that are closed but not completely on the disk. */
export class SessionRegistry {
  readonly #shared: SharedContext;
  readonly #openReport: () => SessionContext["report"];
  readonly #maxClosedPaths: number;
  readonly #writers = new Map<string, SessionWriter>();
  /** Sessions that are closed but not on the disk yet, while another session has the same id already. */
  readonly #ending = new Set<SessionWriter>();
  /** The paths of finished sessions, oldest first. */
  readonly #closedPaths = new Map<string, string>();

  constructor(shared: SharedContext, openReport: () => SessionContext["report"]) {
    this.#shared = shared;
    this.#openReport = openReport;
    this.#maxClosedPaths = shared.limits.maxClosedPaths;
  }

  get size(): number {
    return this.#writers.size + this.#ending.size;
  }

  find(sessionId: string): SessionWriter | undefined {
    return this.#writers.get(sessionId);
  }

  /** Throws a `TypeError` if JSON cannot carry the session, or if it has no id. */
  begin(session: SessionStart): void {
    const writer: SessionWriter = new SessionWriter(session, {
      ...this.#shared,
      report: this.#openReport(),
      onFinished: () => {
        this.#ending.delete(writer);
        this.#rememberPath(session.id, writer.jsonPath);
        if (this.#writers.get(session.id) === writer) this.#writers.delete(session.id);
      },
    });
    const previous = this.#writers.get(session.id);
    if (previous !== undefined) this.#ending.add(previous);
    this.#writers.set(session.id, writer);
  }

  pathOf(sessionId: string): string | undefined {
    return this.#writers.get(sessionId)?.jsonPath ?? this.#closedPaths.get(sessionId);
  }

  countUnsynced(): number {
    return this.#all().filter((writer) => !writer.isSynced).length;
  }

  /** Touches one session after the other, so that a thousand do not come at once. */
  async touch(): Promise<void> {
    for (const writer of this.#writers.values()) await writer.touch();
  }

  async flush(): Promise<void> {
    await Promise.all(this.#all().map((writer) => writer.flush()));
  }

  async release(): Promise<void> {
    await Promise.all(this.#all().map((writer) => writer.release()));
  }

  /** Forgets all sessions, but keeps their paths. */
  clear(): void {
    for (const [sessionId, writer] of this.#writers) this.#rememberPath(sessionId, writer.jsonPath);
    this.#writers.clear();
    this.#ending.clear();
  }

  #all(): SessionWriter[] {
    return [...this.#writers.values(), ...this.#ending];
  }

  #rememberPath(sessionId: string, path: string | undefined): void {
    if (path === undefined) return;
    this.#closedPaths.delete(sessionId);
    this.#closedPaths.set(sessionId, path);
    const [oldest] = this.#closedPaths.keys();
    if (this.#closedPaths.size > this.#maxClosedPaths && oldest !== undefined)
      this.#closedPaths.delete(oldest);
  }
}

import { resolve } from "node:path";

import { writeToStderr } from "../record/index.js";
import type { ConversationSink, SessionStart } from "../record/index.js";
import { coalesceTask } from "./coalesced-task.js";
import { describeFault } from "./fault.js";
import type { JournalFile } from "./journal-file.js";
import { STORE_LIMITS } from "./limits.js";
import type { StoreLimits } from "./limits.js";
import type { QueueBudget } from "./pending-lines.js";
import { reportOnce } from "./problem-log.js";
import { SessionWriter } from "./session-writer.js";

export interface StoreOptions {
  /** Where the files go; created when missing. Default: `conversations` in the working directory. */
  directory?: string;
  /** Also writes `<name>.txt`, one line a message. Default: no. */
  textLog?: boolean;
  /** Takes one line for each kind of problem of each session. Default: writes it to stderr. */
  onProblem?: (line: string) => void;
  /** The present time, for tests. */
  clock?: () => Date;
  /** Limits other than `STORE_LIMITS`. */
  limits?: Partial<StoreLimits>;
}

/** A record of conversations in files. See `ConversationSink` for what it promises. */
export interface ConversationStore extends ConversationSink {
  /** The folder of the files, absolute. */
  readonly directory: string;
  /** Sessions that are open, or closed and not on the disk yet. */
  readonly openSessions: number;
  /** Calls for sessions that were not open: they have no file to be counted in. */
  readonly strayCalls: number;
  /**
   * The absolute path of a session's file, also after its end (`maxClosedPaths`). `undefined`
   * for a session that is not known, and as long as the disk let no file be created.
   */
  pathOf(sessionId: string): string | undefined;
}

/** Opens a store. It touches the disk when the first session opens, and never throws. */
export function openStore(options: StoreOptions = {}): ConversationStore {
  const directory = resolve(options.directory ?? "conversations");
  const limits: StoreLimits = { ...STORE_LIMITS, ...options.limits };
  const onProblem = options.onProblem ?? writeToStderr;
  const reportStray = reportOnce(onProblem);
  const clock = options.clock ?? ((): Date => new Date());
  const budget: QueueBudget = { queuedBytes: 0, maxQueuedBytes: limits.maxQueuedBytes };
  const writers = new Map<string, SessionWriter>();
  /** Closed and not on the disk yet, while another session already has the same id. */
  const ending = new Set<SessionWriter>();
  const closedPaths = new Map<string, string>();
  const syncing = openSyncQueue(reportOnce(onProblem));
  let strayCalls = 0;
  let isShutDown = false;

  const heartbeat = setInterval(() => {
    for (const writer of writers.values()) writer.touch();
  }, limits.heartbeatMs).unref();

  function stray(sessionId: string, what: string): void {
    strayCalls += 1;
    reportStray(
      `${what} ${sessionId}`,
      `Cannot ${what} in session "${sessionId}": it is not open; the call is ignored`,
    );
  }

  /** Hands an open session to `write`; what goes wrong inside is a fault of ours, never the caller's. */
  function withOpen(sessionId: string, what: string, write: (writer: SessionWriter) => void): void {
    const writer = writers.get(sessionId);
    if (writer === undefined || writer.isClosed || isShutDown) return stray(sessionId, what);
    attempt(sessionId, what, () => write(writer));
  }

  function attempt(sessionId: string, what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      strayCalls += 1;
      reportStray(
        `fault ${what} ${sessionId}`,
        `Cannot ${what} in session "${sessionId}": ${describeFault(error)}`,
      );
    }
  }

  function begin(session: SessionStart): void {
    const writer: SessionWriter = new SessionWriter(session, {
      directory,
      limits,
      clock,
      textLog: options.textLog ?? false,
      budget,
      report: reportOnce(onProblem),
      requestSync: syncing.request,
      onFinished() {
        ending.delete(writer);
        rememberPath(session.id, writer.jsonPath);
        if (writers.get(session.id) === writer) writers.delete(session.id);
      },
    });
    const previous = writers.get(session.id);
    if (previous !== undefined) ending.add(previous);
    writers.set(session.id, writer);
  }

  function rememberPath(sessionId: string, path: string | undefined): void {
    if (path === undefined) return;
    closedPaths.delete(sessionId);
    closedPaths.set(sessionId, path);
    const [oldest] = closedPaths.keys();
    if (closedPaths.size > limits.maxClosedPaths && oldest !== undefined)
      closedPaths.delete(oldest);
  }

  async function flush(): Promise<void> {
    await Promise.all([...writers.values(), ...ending].map((writer) => writer.flush()));
    await syncing.all();
  }

  return {
    directory,
    get openSessions() {
      return writers.size + ending.size;
    },
    get strayCalls() {
      return strayCalls;
    },
    pathOf: (sessionId) => writers.get(sessionId)?.jsonPath ?? closedPaths.get(sessionId),
    open(session) {
      const isOpen = writers.get(session.id)?.isClosed === false;
      if (isShutDown || isOpen) {
        strayCalls += 1;
        const fact = isShutDown ? "the store is shut down" : "it is open already";
        reportStray(`open ${session.id}`, `Cannot open session "${session.id}": ${fact}`);
        return;
      }
      attempt(session.id, "open", () => begin(session));
    },
    add: (sessionId, message) =>
      withOpen(sessionId, "add a message", (writer) => writer.add(message)),
    amend: (sessionId, messageId, amendment) =>
      withOpen(sessionId, "amend a message", (writer) => writer.amend(messageId, amendment)),
    retract: (sessionId, messageId, reason, error) =>
      withOpen(sessionId, "retract a message", (writer) =>
        writer.retract(messageId, reason, error),
      ),
    addEvent: (sessionId, event) =>
      withOpen(sessionId, "add an event", (writer) => writer.addEvent(event)),
    amendSession: (sessionId, amendment) =>
      withOpen(sessionId, "amend the session", (writer) => writer.amendSession(amendment)),
    close: (sessionId, end) => withOpen(sessionId, "close", (writer) => writer.close(end)),
    flush,
    async shutdown() {
      isShutDown = true;
      clearInterval(heartbeat);
      await flush();
      await Promise.all([...writers.values(), ...ending].map((writer) => writer.release()));
      for (const [sessionId, writer] of writers) rememberPath(sessionId, writer.jsonPath);
      writers.clear();
      ending.clear();
    },
  };
}

/**
 * Syncs journals one after the other, each once for all lines since its last sync: a slow disk
 * then holds one thread of the pool that the whole process shares, not all of them.
 */
function openSyncQueue(report: (kind: string, line: string) => void): {
  request: (journal: JournalFile) => void;
  all: () => Promise<void>;
} {
  const waiting = new Set<JournalFile>();
  const syncing = coalesceTask(async () => {
    const batch = [...waiting];
    waiting.clear();
    for (const journal of batch) {
      try {
        await journal.sync();
      } catch (error) {
        report(
          journal.path,
          `Cannot sync "${journal.path}": ${describeFault(error)}; a power failure may cost its last lines`,
        );
      }
    }
  });
  return {
    request(journal) {
      waiting.add(journal);
      void syncing.request();
    },
    all: () => syncing.request(),
  };
}

import { resolve } from "node:path";

import { writeToStderr } from "../../record/index.js";
import type { ConversationSink, LossCount, SessionStart } from "../../record/index.js";
import type { LastName } from "./claim-name.js";
import { coalesceTask } from "../disk/coalesced-task.js";
import { openDisk } from "../disk/disk.js";
import { describeFault } from "../disk/fault.js";
import { isObject } from "../document/check-operation.js";
import { STORE_LIMITS } from "../disk/limits.js";
import type { StoreLimits } from "../disk/limits.js";
import type { QueueBudget } from "./pending-lines.js";
import { reportOnce } from "../disk/problem-log.js";
import { SessionWriter } from "./session-writer.js";
import { openSyncQueue } from "../disk/sync-queue.js";

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
export interface ConversationStore extends ConversationSink, LossCount {
  /** The folder of the files, absolute. */
  readonly directory: string;
  /** Sessions that are open, or closed and not on the disk yet. */
  readonly openSessions: number;
  /**
   * Sessions of which the disk does not have everything for certain at this moment. What
   * `flush()` could not bring there, because the disk failed or did not answer in time, is among
   * them when it resolves; 0 means that a power cut costs nothing. After `shutdown()`: those that
   * it left behind.
   */
  readonly unsynced: number;
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
  const lastName: LastName = { first: "", attempt: 0 };
  const writers = new Map<string, SessionWriter>();
  /** Closed and not on the disk yet, while another session already has the same id. */
  const ending = new Set<SessionWriter>();
  const closedPaths = new Map<string, string>();
  const reportDisk = reportOnce(onProblem);
  const disk = openDisk(directory, limits, reportDisk);
  const syncing = openSyncQueue(disk, limits.retryDelayMs);
  let strayCalls = 0;
  let dropped = 0;
  let isShutDown = false;
  let leftUnsynced = 0;

  const touching = coalesceTask(async () => {
    // One after the other, so that a thousand sessions do not come all at once.
    for (const writer of writers.values()) await writer.touch();
  });
  const heartbeat = setInterval(() => void touching.request(), limits.heartbeatMs).unref();

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
      disk,
      syncing,
      lastName,
      onDropped: () => (dropped += 1),
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

  function countUnsynced(): number {
    return [...writers.values(), ...ending].filter((writer) => !writer.isSynced).length;
  }

  async function flush(): Promise<void> {
    await flushOnce();
    // A journal whose sync failed has to be written anew, and that one be synced.
    if (countUnsynced() > 0) await flushOnce();
  }

  async function flushOnce(): Promise<void> {
    await Promise.all([...writers.values(), ...ending].map((writer) => writer.flush()));
    await syncing.all();
  }

  /** Waits for work that the disk may never finish; then it goes on by itself. */
  async function inTime(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((giveUp) => {
      timer = setTimeout(() => {
        reportDisk(
          "hangs",
          `The disk of "${directory}" has not answered for ${limits.maxFlushMs} ms; what waits for ` +
            `it is written when it does, if the process lives until then`,
        );
        giveUp();
      }, limits.maxFlushMs);
    });
    try {
      await Promise.race([work, timeout]);
    } catch (error) {
      reportDisk("fault", `Cannot finish writing to "${directory}": ${describeFault(error)}`);
    }
    clearTimeout(timer);
  }

  async function letGo(): Promise<void> {
    await flush();
    await Promise.all([...writers.values(), ...ending].map((writer) => writer.release()));
  }

  return {
    directory,
    get openSessions() {
      return writers.size + ending.size;
    },
    get unsynced() {
      return leftUnsynced + countUnsynced();
    },
    get strayCalls() {
      return strayCalls;
    },
    get lost() {
      return dropped + strayCalls;
    },
    pathOf: (sessionId) => writers.get(sessionId)?.jsonPath ?? closedPaths.get(sessionId),
    open(session) {
      // Callers without types may hand over anything.
      if (!isObject(session) || typeof session.id !== "string") {
        strayCalls += 1;
        reportStray("open without an id", "Cannot open a session: it has no id that is a string");
        return;
      }
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
    flush: () => inTime(flush()),
    async shutdown() {
      isShutDown = true;
      clearInterval(heartbeat);
      await inTime(letGo());
      leftUnsynced = countUnsynced();
      for (const [sessionId, writer] of writers) rememberPath(sessionId, writer.jsonPath);
      writers.clear();
      ending.clear();
    },
  };
}

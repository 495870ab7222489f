import { toAbsolute } from "../../platform/absolute-path.js";

import { writeToStderr } from "../../record/index.js";
import type { ConversationSink, LossCount } from "../../record/index.js";
import { atMost } from "../../platform/at-most.js";
import { coalesceTask } from "../disk/coalesced-task.js";
import { openDisk } from "../disk/disk.js";
import { describeFault } from "../disk/fault.js";
import { PRIVATE_MODE } from "../disk/file-steps.js";
import { isObject } from "../document/check-operation.js";
import { STORE_LIMITS } from "../disk/limits.js";
import type { StoreLimits } from "../disk/limits.js";
import { reportOnce } from "../disk/problem-log.js";
import { SessionRegistry } from "./session-registry.js";
import type { SessionWriter } from "./session-writer.js";
import { StrayCalls } from "./stray-calls.js";
import { openSyncQueue } from "../disk/sync-queue.js";

export interface StoreOptions {
  /**
   * The folder of the files. It is created if it is missing. Default: `conversations` in the working
   * directory.
   */
  directory?: string;
  /** Also writes `<name>.txt`, one line a message. Default: no. */
  textLog?: boolean;
  /**
   * The mode of created files: who may read and write them. Created folders let the same people in.
   * Default: 0o600, only the owner of the process.
   */
  fileMode?: number;
  /** Called with one line for each kind of problem of each session. Default: stderr. */
  onProblem?: (line: string) => void;
  /** The present time, for tests. */
  clock?: () => Date;
  /** Limits that differ from `STORE_LIMITS`. */
  limits?: Partial<StoreLimits>;
}

/** A record of conversations in files. See `ConversationSink` for what it promises. */
export interface ConversationStore extends ConversationSink, LossCount {
  /** The folder of the files, absolute. */
  readonly directory: string;
  /** Sessions that are open, or closed but not on the disk yet. */
  readonly openSessions: number;
  /**
   * Sessions whose last changes may not be on the disk yet. 0 means that a power failure loses nothing.
   * After `flush()`, it counts the sessions that the disk refused or did not finish in time. After
   * `shutdown()` it counts the sessions that were left behind.
   */
  readonly unsynced: number;
  /** Calls for sessions that were not open. No file can count them. */
  readonly strayCalls: number;
  /**
   * The absolute path of a session's file, also after the session's end (see `maxClosedPaths`).
   * `undefined` for an unknown session, and until a file could be created.
   */
  pathOf(sessionId: string): string | undefined;
}

/** Opens a store. It uses the disk only when the first session opens, and never throws. */
export function openStore(options: StoreOptions = {}): ConversationStore {
  const directory = toAbsolute(options.directory ?? "conversations");
  const limits: StoreLimits = { ...STORE_LIMITS, ...options.limits };
  const onProblem = options.onProblem ?? writeToStderr;
  const reportDisk = reportOnce(onProblem);
  const strays = new StrayCalls(reportOnce(onProblem));
  const disk = openDisk(directory, limits, reportDisk);
  const syncing = openSyncQueue(disk, limits.retryDelayMs);
  let dropped = 0;
  let isShutDown = false;
  let leftUnsynced = 0;
  const sessions = new SessionRegistry(
    {
      directory,
      limits,
      clock: options.clock ?? ((): Date => new Date()),
      textLog: options.textLog ?? false,
      fileMode: options.fileMode ?? PRIVATE_MODE,
      budget: { queuedBytes: 0, maxQueuedBytes: limits.maxQueuedBytes },
      disk,
      syncing,
      lastName: { first: "", attempt: 0 },
      onDropped: (count) => (dropped += count),
    },
    () => reportOnce(onProblem),
  );
  const touching = coalesceTask(() => sessions.touch());
  let heartbeat: NodeJS.Timeout | undefined;
  /**
   * The timer starts with the first session, because a timer keeps the async context of its start, e.g.
   * a trace.
   */
  const startHeartbeat = (): void => {
    heartbeat ??= setInterval(() => void touching.request(), limits.heartbeatMs).unref();
  };

  async function flush(): Promise<void> {
    await flushOnce();
    // After a failed sync the journal is written again, and the new one must be synced too.
    if (sessions.countUnsynced() > 0) await flushOnce();
  }

  async function flushOnce(): Promise<void> {
    await sessions.flush();
    await syncing.all();
  }

  /**
   * Waits at most `maxFlushMs`, because the disk may never finish the work. The work then goes on by
   * itself.
   */
  async function inTime(work: Promise<unknown>): Promise<void> {
    const reported = work.catch((error: unknown) =>
      reportDisk("fault", `Cannot finish writing to "${directory}": ${describeFault(error)}`),
    );
    if (await atMost(limits.maxFlushMs, reported)) return;
    reportDisk(
      "hangs",
      `The disk of "${directory}" has not answered for ${limits.maxFlushMs} ms; what waits for ` +
        `it is written when it does, if the process lives until then`,
    );
  }

  async function letGo(): Promise<void> {
    await flush();
    await sessions.release();
  }

  return {
    directory,
    get openSessions() {
      return sessions.size;
    },
    get unsynced() {
      return leftUnsynced + sessions.countUnsynced();
    },
    get strayCalls() {
      return strays.count;
    },
    get lost() {
      return dropped + strays.count;
    },
    pathOf: (sessionId) => sessions.pathOf(sessionId),
    ...openCalls(sessions, strays, () => isShutDown, startHeartbeat),
    flush: () => inTime(flush()),
    async shutdown() {
      isShutDown = true;
      clearInterval(heartbeat);
      await inTime(letGo());
      leftUnsynced = sessions.countUnsynced();
      sessions.clear();
    },
  };
}

type SinkCalls = Omit<ConversationSink, "flush" | "shutdown">;

/** The calls of the sink. Each goes to the session that it names, or counts as stray. */
function openCalls(
  sessions: SessionRegistry,
  strays: StrayCalls,
  isShutDown: () => boolean,
  onOpened: () => void,
): SinkCalls {
  function withOpen(sessionId: string, what: string, write: (writer: SessionWriter) => void): void {
    const writer = sessions.find(sessionId);
    if (writer !== undefined && !writer.isClosed && !isShutDown())
      return strays.attempt(sessionId, what, () => write(writer));
    strays.note(
      `${what} ${sessionId}`,
      `Cannot ${what} in session "${sessionId}": it is not open; the call is ignored`,
    );
  }

  return {
    open(session) {
      // Callers without types may pass anything.
      if (!isObject(session) || typeof session.id !== "string") {
        strays.note("open without an id", "Cannot open a session: it has no id that is a string");
        return;
      }
      const isOpen = sessions.find(session.id)?.isClosed === false;
      if (isShutDown() || isOpen) {
        const fact = isShutDown() ? "the store is shut down" : "it is open already";
        strays.note(`open ${session.id}`, `Cannot open session "${session.id}": ${fact}`);
        return;
      }
      strays.attempt(session.id, "open", () => sessions.begin(session));
      onOpened();
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
  };
}

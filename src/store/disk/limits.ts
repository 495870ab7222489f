/** The limits of a store. Every one of them can be set in the options of `openStore`. */
export interface StoreLimits {
  /**
   * Bytes of journal lines that wait in memory while the disk refuses them, over all sessions of
   * the store. What comes on top is given up and counted in `integrity.dropped`.
   */
  maxQueuedBytes: number;
  /**
   * UTF-16 units of each text of a message: `content`, `generated`, `shown`, ... A longer one is cut, ends with
   * `CUT_MARK`, and is counted in `integrity.dropped`.
   */
  maxContentChars: number;
  /**
   * Bytes of one journal line, that is of one message, amendment or event with all it carries. A
   * bigger one is given up and counted in `integrity.dropped`.
   */
  maxLineBytes: number;
  /**
   * For how many milliseconds in ten seconds appends may block the event loop. A disk that is
   * slower, or hangs, gets its lines from memory, off the event loop, until it is quick again.
   * `Infinity`: never.
   */
  maxBlockedMs: number;
  /** For how long `flush()` and `shutdown()` wait for a disk that does not answer, in milliseconds. */
  maxFlushMs: number;
  /**
   * Bytes of a document up to which it is published at each change. A publish writes all of it, so a
   * larger one is published at most every `maxBehindMs`; its journal has each word at once.
   */
  publishAtOnceBytes: number;
  /** How far a larger document may be behind its conversation, in milliseconds. */
  maxBehindMs: number;
  /** Journals that are open at once; others are opened again when they get a line. */
  maxOpenJournals: number;
  /** How long the store waits before it tries a failing disk again, in milliseconds. */
  retryDelayMs: number;
  /** How often a store touches its open journals, to show other machines that it is alive. */
  heartbeatMs: number;
  /**
   * How long a journal whose owner cannot be asked (another machine, another container) has to
   * be quiet before it counts as abandoned. Several heartbeats.
   */
  foreignQuietMs: number;
  /** For how many sessions that are closed `pathOf` still knows the path. */
  maxClosedPaths: number;
}

/** The defaults. The number of sessions open at once has no limit. */
export const STORE_LIMITS: Readonly<StoreLimits> = {
  maxQueuedBytes: 32 * 1024 * 1024,
  maxContentChars: 1024 * 1024,
  maxLineBytes: 8 * 1024 * 1024,
  maxBlockedMs: 200,
  maxFlushMs: 10_000,
  publishAtOnceBytes: 256 * 1024,
  maxBehindMs: 10_000,
  maxOpenJournals: 256,
  retryDelayMs: 1000,
  heartbeatMs: 30_000,
  foreignQuietMs: 120_000,
  maxClosedPaths: 1000,
};

/** How large a document or a journal may be to be read: nothing is read of one that is larger. */
export const FILE_LIMITS = {
  /** By anybody: V8 has no text beyond 512 MiB, and a call of a whole day has a tenth of this. */
  maxBytes: 256 * 1024 * 1024,
  /** By a recovery beside calls. `talktrace recover` takes what is larger, up to `maxBytes`. */
  maxRecoveredBytes: 32 * 1024 * 1024,
  /** By a recovery beside calls that has no thread of its own, so that no call has to wait for it. */
  maxBytesOnEventLoop: 256 * 1024,
} as const;

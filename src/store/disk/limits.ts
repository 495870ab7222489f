/** The limits of a store. Each one can be set in the options of `openStore`. */
export interface StoreLimits {
  /**
   * Bytes of journal lines that wait in memory while the disk refuses them, for all sessions together.
   * Lines beyond that are dropped and counted in `integrity.dropped`.
   */
  maxQueuedBytes: number;
  /**
   * UTF-16 units of each text of a message: `content`, `generated`, `shown`, ... A longer text is cut.
   * It then ends with `CUT_MARK` and is counted in `integrity.dropped`.
   */
  maxContentChars: number;
  /**
   * Bytes of one journal line: one message, amendment or event with all its data. A longer line is
   * dropped and counted in `integrity.dropped`.
   */
  maxLineBytes: number;
  /**
   * Appends may block the event loop for this many milliseconds in ten seconds. If the disk is slower
   * or hangs, lines wait in memory and are written off the event loop, until the disk is quick again.
   * `Infinity` means never.
   */
  maxBlockedMs: number;
  /** How long `flush()` and `shutdown()` wait for a disk that does not answer, in milliseconds. */
  maxFlushMs: number;
  /**
   * Bytes of a document up to which it is published at each change. A publish writes all of it, so a
   * larger one is published at most every `maxBehindMs`; its journal has each word at once.
   */
  publishAtOnceBytes: number;
  /** How far a larger document may be behind its conversation, in milliseconds. */
  maxBehindMs: number;
  /** How many journals are open at once. A closed one is opened again for its next line. */
  maxOpenJournals: number;
  /** How long the store waits before it retries a failing disk, in milliseconds. */
  retryDelayMs: number;
  /** How often a store touches its open journals, to show other machines that it lives. */
  heartbeatMs: number;
  /**
   * How long a journal must stay unchanged to count as abandoned, if its owner cannot be asked (another
   * machine or container). It must be several heartbeats.
   */
  foreignQuietMs: number;
  /** For how many closed sessions `pathOf` still knows the path. */
  maxClosedPaths: number;
}

/** The defaults. The number of open sessions is not limited. */
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

/** The largest document or journal that is read. Larger files are not read at all. */
export const FILE_LIMITS = {
  /** For every reader. V8 has no text beyond 512 MiB, and a call of a whole day has a tenth of this. */
  maxBytes: 256 * 1024 * 1024,
  /** For a recovery beside calls. `talktrace recover` takes larger files, up to `maxBytes`. */
  maxRecoveredBytes: 32 * 1024 * 1024,
  /** For a recovery beside calls that has no thread of its own, so that calls do not have to wait. */
  maxBytesOnEventLoop: 256 * 1024,
} as const;

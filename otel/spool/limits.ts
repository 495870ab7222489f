/** The limits of a spool. */
export interface SpoolLimits {
  /** Bytes of all files in the folder. Over it the oldest spans are dropped, and counted. */
  maxBytes: number;
  /** How long a span waits for its endpoint before it is dropped, and counted. */
  maxAgeMs: number;
  /** Bytes of one span. A bigger one is dropped, and counted: no collector would take it. */
  maxSpanBytes: number;
  /** Bytes of one request before compression, but always one span. */
  maxRequestBytes: number;
  /** Bytes of spans in memory that the disk does not take. One more is dropped, and counted. */
  maxHeldBytes: number;
  /** When a new file is begun. */
  fileBytes: number;
  fileAgeMs: number;
  /** Spans that have begun and not ended and are kept in mind, for the case of a crash. */
  maxOpenSpans: number;
  /** How often a process shows that it is alive, and looks for files of those that are not. */
  heartbeatMs: number;
  /** How long a file must stay unchanged if its owner is on another machine and cannot be asked. */
  foreignQuietMs: number;
}

export const SPOOL_LIMITS: Readonly<SpoolLimits> = {
  maxBytes: 256 * 1024 * 1024,
  maxAgeMs: 7 * 24 * 3_600_000,
  maxSpanBytes: 8 * 1024 * 1024,
  maxRequestBytes: 4 * 1024 * 1024,
  maxHeldBytes: 16 * 1024 * 1024,
  fileBytes: 1024 * 1024,
  fileAgeMs: 3_600_000,
  maxOpenSpans: 10_000,
  heartbeatMs: 5000,
  foreignQuietMs: 120_000,
};

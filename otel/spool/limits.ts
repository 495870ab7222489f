/** The limits of a spool. */
export interface SpoolLimits {
  /** Bytes of all files in the folder. Beyond that the oldest spans are dropped and counted. */
  maxBytes: number;
  /** How long a span waits for its endpoint. After that it is dropped and counted. */
  maxAgeMs: number;
  /** Bytes of one span. A larger one is dropped and counted, because no collector would take it. */
  maxSpanBytes: number;
  /** Bytes of one request before compression. A request has at least one span, even if that is larger. */
  maxRequestBytes: number;
  /** Bytes of spans in memory that the disk does not take. Further spans are dropped and counted. */
  maxHeldBytes: number;
  /** The size and the age at which a new file is begun. */
  fileBytes: number;
  fileAgeMs: number;
  /** How many open spans are remembered for the case of a crash. */
  maxOpenSpans: number;
  /** How often a process shows that it lives, and looks for files of dead processes. */
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

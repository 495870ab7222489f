export interface RecoveryOptions {
  /** Called with one line for each journal that could not be recovered completely. Default: stderr. */
  onProblem?: (line: string) => void;
  /** Called for each journal that has, or may have, a living owner. */
  onLeftAlone?: (left: LeftAlone) => void;
  /** See `StoreLimits`. */
  foreignQuietMs?: number;
  /**
   * Larger journals and documents are reported and left for a recovery that takes them. Default: 32
   * MiB, because an agent recovers beside its calls. Files above 256 MiB cannot be read by anybody and
   * are set aside.
   */
  maxBytes?: number;
}

/**
 * A journal that was not touched. `alive`: its owner runs, or another process recovers it now.
 * `recent`: nobody can tell from here, and it changed within `foreignQuietMs`.
 */
export interface LeftAlone {
  /** The conversation's name. */
  name: string;
  reason: "alive" | "recent";
}

/**
 * - `recovered`: completed from its journal; `session.status` says so.
 * - `completed`: the session had closed; only the last publish or the clean-up was missing.
 * - `set_aside`: nobody can read it. The journal has no owner or is no file, a document without a
 *   journal is not whole, or one of them is too large. It stays as `<name>.journal.damaged` or
 *   `<name>.json.damaged`.
 * - `unsupported`: a newer version of TalkTrace wrote it; it was not touched.
 * - `failed`: the disk prevented it, or the file is larger than `maxBytes`. The journal stays for the
 *   next recovery.
 */
export type RecoveryOutcome = "recovered" | "completed" | "set_aside" | "unsupported" | "failed";

/** The result for one abandoned journal. */
export interface RecoveryReport {
  /** The conversation's name, e.g. `conversation_20250818_143022`. */
  name: string;
  /** The absolute path of the conversation, or of the file that was set aside. */
  path: string;
  outcome: RecoveryOutcome;
  /** Messages in `conversation` now. */
  messages: number;
  damagedLines: number;
  /** The problem in words, if there was one. */
  problem?: string;
}

/** What all steps of one recovery need. */
export interface RecoveryContext {
  directory: string;
  fileNames: readonly string[];
  foreignQuietMs: number;
  maxBytes: number;
  onLeftAlone: (left: LeftAlone) => void;
}

/** A report of a conversation without messages and without damage, but for `rest`. */
export function report(
  name: string,
  path: string,
  outcome: RecoveryOutcome,
  rest: Partial<RecoveryReport>,
): RecoveryReport {
  return { name, path, outcome, messages: 0, damagedLines: 0, ...rest };
}

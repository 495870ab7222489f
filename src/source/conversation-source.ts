import type { Conversation } from "../record/index.js";

/** One conversation that a source has. */
export interface SourceEntry {
  /** Names it within its source, e.g. `conversation_20250818_143022`. */
  name: string;
  /** When it was changed last. */
  modifiedAt: Date;
}

/**
 * A place that conversations are read from. `test/source/source-contract.ts` has what each of them
 * promises.
 */
export interface ConversationSource {
  /** How messages call it, e.g. the folder's path. */
  readonly name: string;
  /** The conversations, newest first. Rejects where the place as a whole cannot be read. */
  list(): Promise<SourceEntry[]>;
  /**
   * One conversation by its name, as far as it has been recorded.
   *
   * Rejects where there is none of that name, or it cannot be read; the message says which and why.
   */
  read(name: string): Promise<Conversation>;
  /**
   * Calls `onChange` after conversations were added, changed or removed, once for several changes
   * that come together. A source that cannot tell has no such method.
   *
   * @returns a function that ends it
   */
  watch?(onChange: () => void): () => void;
}

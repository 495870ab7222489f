import type { CallSummary } from "../insight/index.js";
import type { Conversation, Sidecar } from "../record/index.js";

/** One conversation that a source has. */
export interface SourceEntry {
  /** Names it within its source, e.g. `conversation_20250818_143022`. */
  name: string;
  /** When it was changed last. */
  modifiedAt: Date;
}

/** What a source knows of one call, or why the call cannot be read. */
export type CallOutcome =
  | { name: string; call: CallSummary; error?: undefined }
  | { name: string; call?: undefined; error: Error };

export interface ReadCallsOptions {
  /** Is called from time to time while calls are read that nothing is known of yet. */
  onProgress?: ((done: number, of: number) => void) | undefined;
  /** Whether what is known from before may be used, and what is found may be kept. Default: yes. */
  useIndex?: boolean | undefined;
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
   * What people say of calls, by the calls' names; an error where that cannot be read. A source that
   * keeps no such thing has no such method.
   */
  readSidecars?(): Promise<Map<string, Sidecar | Error>>;
  /** The path of a conversation's file, of a source that keeps them in files. */
  pathOf?(name: string): string;
  /**
   * What lists, searches and statistics need of every call, newest first, as `summarizeCall()` gives
   * it of the conversation that `read()` gives. One that cannot be read has its error instead.
   *
   * Rejects where there is no such place, or it cannot be read.
   */
  readCalls(options?: ReadCallsOptions): AsyncGenerator<CallOutcome>;
  /**
   * Calls `onChange` after conversations were added, changed or removed, once for several changes
   * that come together. A source that cannot tell has no such method.
   *
   * @returns a function that ends it
   */
  watch?(onChange: () => void): () => void;
}

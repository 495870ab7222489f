import type { TalkTraceConfig } from "../config/config.js";
import type { CallSummary } from "../insight/index.js";
import type { Conversation, Sidecar } from "../record/index.js";

/** One conversation of a source. */
export interface SourceEntry {
  /** Its name within its source, e.g. `conversation_20250818_143022`. */
  name: string;
  /** When it was last changed. */
  modifiedAt: Date;
}

/** What a source knows about one call, or why the call cannot be read. */
export type CallOutcome =
  | { name: string; call: CallSummary; error?: undefined }
  | { name: string; call?: undefined; error: Error };

export interface ReadCallsOptions {
  /** Called from time to time while calls are read that are not in the index. */
  onProgress?: ((done: number, of: number) => void) | undefined;
  /** Rules and limits of the user's own, by which the findings are. Default: the built-in ones. */
  config?: TalkTraceConfig | undefined;
}

/**
 * A place from which conversations are read. `test/source/source-contract.ts` states what every source
 * promises.
 */
export interface ConversationSource {
  /** Its name in messages, e.g. the folder's path. */
  readonly name: string;
  /** The conversations, newest first. Rejects if the place as a whole cannot be read. */
  list(): Promise<SourceEntry[]>;
  /**
   * Reads one conversation by its name, as far as it is recorded.
   *
   * Rejects if there is no such conversation, or if it cannot be read. The message tells which and why.
   */
  read(name: string): Promise<Conversation>;
  /**
   * What people say about calls, by call name. The value is an error if a sidecar cannot be read. A
   * source without sidecars does not have this method.
   */
  readSidecars?(): Promise<Map<string, Sidecar | Error>>;
  /** The path of a conversation's file. Only a source with files has this method. */
  pathOf?(name: string): string;
  /**
   * The summary of every call, newest first: `summarizeCall()` of the conversation that `read()` gives,
   * by the rules of `config`. A call that cannot be read has its error instead.
   *
   * Rejects if the place does not exist or cannot be read.
   */
  readCalls(options?: ReadCallsOptions): AsyncGenerator<CallOutcome>;
  /**
   * Calls `onChange` after conversations were added, changed or removed, once for several changes
   * together. A source that cannot notice changes does not have this method.
   *
   * @returns a function that ends this
   */
  watch?(onChange: () => void): () => void;
}

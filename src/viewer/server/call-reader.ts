import type { FindingOptions, Query } from "../../insight/index.js";
import type { ConversationSource } from "../../source/index.js";
import type { Sidecar } from "../../record/index.js";

/** The calls that a page shows. The source of `talktrace serve` is one. */
export interface CallReader extends Pick<
  ConversationSource,
  "name" | "list" | "read" | "readCalls" | "readSidecars" | "pathOf" | "watch"
> {
  /** Rules and limits of the user's own. */
  readonly config: FindingOptions | undefined;
  /** @throws {QueryError} if the query cannot be read */
  parseQuery(text: string): Query;
  /** What people say about a call; undefined if nobody did, or if it cannot be read. */
  readSidecarOf(name: string): Promise<Sidecar | undefined>;
}

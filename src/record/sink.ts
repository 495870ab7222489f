import type {
  AgentMessage,
  ConversationEvent,
  Participant,
  Session,
  UnspokenReason,
  UserMessage,
} from "./conversation.js";
import type { ModelUsage } from "./metrics.js";

/** A message for the record. The record itself sets `seq`. */
export type NewMessage = Omit<UserMessage, "seq"> | Omit<AgentMessage, "seq">;

/** What is known when a conversation begins. */
export type SessionStart = Omit<Session, "status" | "ended_at" | "close_reason" | "usage">;

/** What is known when a conversation ends. */
export interface SessionEnd {
  ended_at: string;
  close_reason?: string;
  usage?: ModelUsage[];
}

/** Facts that may become known about a session while it runs. */
export interface SessionAmendment extends Pick<
  Session,
  "room" | "room_id" | "dispatch_metadata" | "usage"
> {
  /** New or changed participants. One with a known `id` (else `identity`) replaces the old entry. */
  participants?: Participant[];
  /** Replaces attributes of the same name, and keeps all others. */
  attributes?: NonNullable<Session["attributes"]>;
}

/** Facts that may become known about a message after it entered the record. */
export type MessageAmendment = Partial<
  Pick<
    AgentMessage,
    | "content"
    | "delivery"
    | "generated"
    | "heard_by"
    | "played_s"
    | "output_s"
    | "interrupted_by"
    | "started_at"
    | "ended_at"
    | "latency"
    | "words"
    | "audio"
    | "shown"
  > &
    Pick<UserMessage, "discarded" | "taken_as">
>;

/**
 * Where the exporter writes what the spans tell. `src/store` implements it with files.
 *
 * - No method throws, whatever the disk does. A failure is counted in the conversation's `integrity`
 *   and reported once. A call for a session that is not open is counted, not thrown.
 * - When `add`, `amend`, `retract`, `addEvent` or `amendSession` returns, its data survive the death of
 *   the process. They do not survive a power failure: `flush()` waits for that.
 * - While the disk refuses data, or is so slow that the call would be delayed, data wait in memory. The
 *   conversation's `integrity.deferred` counts them.
 */
export interface ConversationSink {
  /** Begins a conversation. Its file is created with an empty list. */
  open(session: SessionStart): void;
  add(sessionId: string, message: NewMessage): void;
  /** Changes a message by its id. */
  amend(sessionId: string, messageId: string, amendment: MessageAmendment): void;
  /** Moves an agent message from `conversation` to `unspoken`. */
  retract(sessionId: string, messageId: string, reason: UnspokenReason, error?: string): void;
  addEvent(sessionId: string, event: ConversationEvent): void;
  /** Adds facts about the session. */
  amendSession(sessionId: string, amendment: SessionAmendment): void;
  /** Ends a conversation and starts its last publish. `flush()` tells when that is done. */
  close(sessionId: string, end: SessionEnd): void;
  /**
   * Resolves when everything passed so far is published and synced, if the disk allows it. A store's
   * `unsynced` tells for how many sessions it did not.
   */
  flush(): Promise<void>;
  /** `flush()`, then closes every file. Open sessions stay `open` and keep their journal. */
  shutdown(): Promise<void>;
}

/** A sink that counts what it could not keep, over all conversations. */
export interface LossCount {
  /** The sum of every `integrity.dropped`, plus calls for sessions that were not open. */
  readonly lost: number;
}

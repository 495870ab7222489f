import type {
  AgentMessage,
  ConversationEvent,
  Participant,
  Session,
  UnspokenReason,
  UserMessage,
} from "./conversation.js";
import type { ModelUsage } from "./metrics.js";

/** A message as it is handed to the record: the record itself counts `seq`. */
export type NewMessage = Omit<UserMessage, "seq"> | Omit<AgentMessage, "seq">;

/** What is known when a conversation begins. */
export type SessionStart = Omit<Session, "status" | "ended_at" | "close_reason" | "usage">;

/** What is known when it ends. */
export interface SessionEnd {
  ended_at: string;
  close_reason?: string;
  usage?: ModelUsage[];
}

/** What may be learnt about a session while it goes on. */
export interface SessionAmendment extends Pick<
  Session,
  "room" | "room_id" | "dispatch_metadata" | "usage"
> {
  /** Participants that are new or have changed: one with a known `id` (else `identity`) replaces it. */
  participants?: Participant[];
  /** Replaces attributes of the same name, and leaves the others. */
  attributes?: NonNullable<Session["attributes"]>;
}

/** What may be learnt about a message after it entered the record. */
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
 * Where the exporter puts what the spans say. `src/store` implements it with files.
 *
 * No method throws, whatever the disk does: a failure is counted in the conversation's
 * `integrity` and reported once. A call for a session that is not open is counted, not thrown.
 * When `add`, `amend`, `retract`, `addEvent` and `amendSession` return, what they were given
 * survives the death of the process (not of the machine: `flush()` waits for that). While the disk
 * refuses it, or is so slow that the call would be held up, it waits in memory, which the
 * conversation's `integrity.deferred` counts.
 */
export interface ConversationSink {
  /** Begins a conversation: its file is created, with an empty list. */
  open(session: SessionStart): void;
  add(sessionId: string, message: NewMessage): void;
  /** Changes a message by its id. */
  amend(sessionId: string, messageId: string, amendment: MessageAmendment): void;
  /** Moves an agent message from `conversation` to `unspoken`. */
  retract(sessionId: string, messageId: string, reason: UnspokenReason, error?: string): void;
  addEvent(sessionId: string, event: ConversationEvent): void;
  /** Adds to what is known of the session. */
  amendSession(sessionId: string, amendment: SessionAmendment): void;
  /** Ends a conversation: the last publish starts; `flush()` tells when it is done. */
  close(sessionId: string, end: SessionEnd): void;
  /**
   * Resolves when everything handed over so far is published and synced, as far as the disk
   * allows: of a store, `unsynced` tells of how many sessions it did not.
   */
  flush(): Promise<void>;
  /** `flush()`, then lets go of every file. Sessions still open stay `open`, with their journal. */
  shutdown(): Promise<void>;
}

/** A sink that tells how much it could not keep, over all conversations. */
export interface LossCount {
  /** Every `integrity.dropped` together, and calls for sessions that were not open. */
  readonly lost: number;
}

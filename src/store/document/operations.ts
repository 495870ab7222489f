import type { Owner } from "../../platform/owner.js";
import type {
  ConversationEvent,
  Message,
  MessageAmendment,
  SessionAmendment,
  SessionEnd,
  SessionStart,
  UnspokenReason,
} from "../../record/index.js";

/** The first line: which conversation it is, and which process writes it. */
export interface OpenOperation {
  op: "open";
  journal: number;
  session: SessionStart;
  owner: Owner;
}

/** The lines that may follow. `release`: the owner closed the journal without an end of the session. */
export type Operation =
  | { op: "add"; message: Message }
  | { op: "amend"; id: string; amendment: MessageAmendment }
  | { op: "retract"; id: string; reason: UnspokenReason; error?: string }
  | { op: "event"; event: ConversationEvent }
  | { op: "session"; amendment: SessionAmendment }
  | { op: "dropped"; count: number }
  | { op: "deferred"; count: number }
  | { op: "close"; end: SessionEnd }
  | { op: "release" };

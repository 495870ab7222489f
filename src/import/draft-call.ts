import {
  CONVERSATION_FORMAT,
  UNDATED_START,
  type AgentMessage,
  type Conversation,
  type ConversationEvent,
  type Message,
  type Session,
  type UnspokenMessage,
  type UserMessage,
  readPackageVersion,
  readTimestamp,
  summarize,
} from "../record/index.js";
import type { ImportedConversation } from "./import-format.js";

/** The keys that are given when all messages of a call are known. */
type LateKey = "id" | "seq" | "turn_id" | "timestamp" | "interrupted_by";

interface DraftBase {
  /** Missing if the file does not say it. Then it stands where the file has it. */
  timestamp?: string;
  /** Messages with the same turn belong together. Missing: the roles tell where a turn begins. */
  turn?: string;
}

export type DraftUser = Omit<UserMessage, LateKey> & DraftBase;
export type DraftAgent = Omit<AgentMessage, LateKey> & DraftBase & { interruptedBy?: DraftUser };
export type DraftUnspoken = Omit<UnspokenMessage, LateKey> & DraftBase;

/** What a file says of a call. */
export interface DraftCall {
  format: string;
  session: Omit<Session, "status" | "software" | "started_at"> & {
    /** Missing if nothing says it. Then the first message is taken. */
    started_at?: string;
    software?: { [name: string]: string };
  };
  /** As in `ImportedConversation`. */
  hasOwnId?: boolean;
  /** The end of the call was not recorded. */
  isCutOff?: boolean;
  /** The times count from the call's start, and no date of it is known. */
  isUndated?: boolean;
  /** In the order of the file. */
  messages: readonly (DraftUser | DraftAgent)[];
  unspoken?: readonly DraftUnspoken[];
  /** An event has the turn of the last message before it, if it has none of its own. */
  events?: readonly (Omit<ConversationEvent, "turn_id"> & { turn?: string })[];
  missing: readonly string[];
}

/**
 * Makes the document of a call: messages in the order of their times, with ids, turns and figures. Pure.
 *
 * A message without a time gets that of the message before it, and `missing` says so.
 */
export function finishCall(draft: DraftCall): ImportedConversation {
  const { format, session, isCutOff = false, missing } = draft;
  const messages = inTimeOrder(draft.messages, session.started_at);
  const untimed = draft.messages.filter(({ timestamp }) => timestamp === undefined).length;
  const isUndated =
    draft.isUndated === true ||
    (session.started_at === undefined && untimed === draft.messages.length);
  const turns = new TurnNames();
  const ids = new Map<object, string>();
  const named: Message[] = messages.map(({ message, timestamp }, index) => {
    const id = `m_${index + 1}`;
    ids.set(message, id);
    const { turn, timestamp: _timestamp, ...said } = message;
    return { ...said, timestamp, id, seq: index + 1, turn_id: turns.name(turn, message.role) };
  });
  for (const [index, { message }] of messages.entries()) {
    const target = named[index];
    if (!("interruptedBy" in message) || target?.role !== "agent") continue;
    const by = message.interruptedBy && ids.get(message.interruptedBy);
    named[index] = withoutDraftKey(by === undefined ? target : { ...target, interrupted_by: by });
  }
  const started_at = session.started_at ?? named[0]?.timestamp ?? UNDATED_START;
  const { ended_at, ...facts } = session;
  const isEndPossible =
    ended_at !== undefined && (readTimestamp(ended_at) ?? 0) >= (readTimestamp(started_at) ?? 0);
  const whole: Session = {
    ...facts,
    ...(isEndPossible && { ended_at }),
    status: isCutOff ? "recovered" : "complete",
    started_at,
    software: { talktrace: readPackageVersion(), ...session.software },
  };
  const unspoken = nameUnspoken(draft.unspoken ?? [], named, turns);
  return {
    format,
    conversation: {
      format: CONVERSATION_FORMAT,
      conversation: named,
      unspoken,
      events: placeEvents(draft.events ?? [], named, turns),
      session: whole,
      metrics: summarize({ conversation: named, session: whole }),
      integrity: { dropped: 0, damaged_lines: 0 },
    } satisfies Conversation,
    missing: [
      ...describeMissing(missing, untimed, draft.messages.length),
      ...(ended_at !== undefined && !isEndPossible ? ["an end that is not before the start"] : []),
    ],
    ...(isUndated && { isUndated: true as const }),
    ...(draft.hasOwnId === true && { hasOwnId: true as const }),
  };
}

function withoutDraftKey(message: AgentMessage & { interruptedBy?: unknown }): AgentMessage {
  const { interruptedBy: _interruptedBy, ...rest } = message;
  return rest;
}

function inTimeOrder(
  drafts: DraftCall["messages"],
  startedAt: string | undefined,
): { message: DraftUser | DraftAgent; timestamp: string }[] {
  let previous = startedAt ?? drafts.find(({ timestamp }) => timestamp)?.timestamp ?? UNDATED_START;
  return drafts
    .map((message) => {
      previous = message.timestamp ?? previous;
      return { message, timestamp: previous, ms: readTimestamp(previous) ?? 0 };
    })
    .toSorted((a, b) => a.ms - b.ms);
}

/** Gives turns their names, in the order in which they first come. */
class TurnNames {
  readonly #names = new Map<string, string>();
  #count = 0;
  #previousRole: string | undefined;

  /** Without a turn of its own, a message begins one where the user speaks after the agent. */
  name(turn: string | undefined, role: string): string {
    const begins = this.#count === 0 || (role === "user" && this.#previousRole !== "user");
    this.#previousRole = role;
    if (turn === undefined) return begins ? this.#next() : `t_${this.#count}`;
    const known = this.#names.get(turn);
    if (known !== undefined) return known;
    const name = this.#next();
    this.#names.set(turn, name);
    return name;
  }

  find(turn: string | undefined): string | undefined {
    return turn === undefined ? undefined : this.#names.get(turn);
  }

  #next(): string {
    this.#count += 1;
    return `t_${this.#count}`;
  }
}

function nameUnspoken(
  drafts: readonly DraftUnspoken[],
  named: readonly Message[],
  turns: TurnNames,
): UnspokenMessage[] {
  const turnAt = followTurns(named);
  return drafts.map(({ turn, timestamp, ...facts }, index) => {
    const at = timestamp ?? named.at(-1)?.timestamp ?? UNDATED_START;
    const seq = named.length + index + 1;
    const turn_id = turns.find(turn) ?? turnAt(at) ?? "t_1";
    return { ...facts, timestamp: at, id: `m_${seq}`, seq, turn_id };
  });
}

function placeEvents(
  events: NonNullable<DraftCall["events"]>,
  named: readonly Message[],
  turns: TurnNames,
): ConversationEvent[] {
  const turnAt = followTurns(named);
  return events
    .map(({ turn, ...event }) => {
      const turn_id = turns.find(turn) ?? turnAt(event.timestamp);
      return { ...event, ...(turn_id !== undefined && { turn_id }) };
    })
    .toSorted((a, b) => (readTimestamp(a.timestamp) ?? 0) - (readTimestamp(b.timestamp) ?? 0));
}

/**
 * Gives the turn of the last message that came not after a moment. It halves the messages, because a call
 * may have as many events as messages.
 */
function followTurns(named: readonly Message[]): (at: string) => string | undefined {
  const momentsMs = named.map(({ timestamp }) => readTimestamp(timestamp) ?? 0);
  return (at) => {
    const ms = readTimestamp(at) ?? 0;
    let first = 0;
    let after = momentsMs.length;
    while (first < after) {
      const middle = (first + after) >>> 1;
      if ((momentsMs[middle] ?? 0) <= ms) first = middle + 1;
      else after = middle;
    }
    return named[first - 1]?.turn_id;
  };
}

function describeMissing(missing: readonly string[], untimed: number, all: number): string[] {
  const times =
    untimed === 0 ? [] : [untimed === all ? "times" : `the times of ${untimed} of ${all} messages`];
  return [...new Set([...times, ...missing])];
}

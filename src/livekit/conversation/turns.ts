import type { SpeechEnd } from "../audio/speech-end.js";

/** A call of one of the agent's tools. Times in epoch milliseconds, on the conversation's clock. */
export interface ToolRun {
  startMs: number;
  endMs: number;
  /** A reply has already told about it. */
  isAnswered: boolean;
}

/** One exchange: what the user said, and what the agent answered. */
export interface Turn {
  id: string;
  /** When its first words came, in epoch milliseconds on the conversation's clock. */
  beganMs: number;
  /** LiveKit has called `onUserTurnCompleted`. Words that follow belong to a new turn. */
  isTaken: boolean;
  /** LiveKit has committed the turn, which it does after `onUserTurnCompleted`. */
  isCommitted: boolean;
  /** The agent's first message that was played in this turn. It ends the user's wait. */
  firstReply?: string | undefined;
  /** The turn ended without a reply, so the user does not wait for what the agent says later. */
  isUnanswered?: boolean;
  /** Marks on the conversation's clock, in epoch milliseconds. */
  speechEnd?: SpeechEnd;
  transcriptFinalMs?: number;
  committedMs?: number;
  /** When the agent's own `onUserTurnCompleted` ended. */
  hookEndMs?: number;
  toolRuns: ToolRun[];
}

/** No more reply to the turn will come. A reply that was played already stays its answer. */
export function endWait(turn: Turn): void {
  if (turn.firstReply === undefined) turn.isUnanswered = true;
}

export interface Turns {
  /** The turn that a new message of the user belongs to. */
  forUser(): Turn;
  /** The turn that a new message of the agent belongs to: the latest one. */
  forAgent(): Turn;
  latest(): Turn | undefined;
  /** A reply is handed to the output. Nobody waits for replies to earlier turns any more. */
  noteReply(turn: Turn, messageId: string): void;
  /** The turn that was the latest at a moment in the past. */
  latestAt(atMs: number): Turn | undefined;
  /** A realtime model has heard the user stop, before any transcript came. */
  noteSpeechEnd(end: SpeechEnd): void;
  /**
   * Returns the end of speech that is answered by a reply heard at `replyStartedMs`. Each is returned
   * once.
   */
  takeSpeechEnd(replyStartedMs: number): SpeechEnd | undefined;
}

/** How many turns are kept, because LiveKit tells some facts late. */
const KEPT_TURNS = 32;

export function createTurns(nowMs: () => number): Turns {
  let count = 0;
  let latest: Turn | undefined;
  const kept: Turn[] = [];
  let unanswered: SpeechEnd | undefined;

  function begin(): Turn {
    count += 1;
    latest = {
      id: `t_${count}`,
      beganMs: nowMs(),
      isTaken: false,
      isCommitted: false,
      toolRuns: [],
    };
    kept.push(latest);
    if (kept.length > KEPT_TURNS) kept.shift();
    return latest;
  }

  return {
    forUser() {
      if (latest === undefined) return begin();
      const isOver = latest.isTaken || latest.isCommitted || latest.firstReply !== undefined;
      return isOver ? begin() : latest;
    },
    forAgent: () => latest ?? begin(),
    latest: () => latest,
    noteReply(turn, messageId) {
      turn.firstReply ??= messageId;
      // Other talk came between an earlier turn and a later answer to it, so its wait was no silence.
      for (const earlier of kept.slice(0, Math.max(0, kept.indexOf(turn)))) endWait(earlier);
    },
    latestAt: (atMs) => kept.findLast(({ beganMs }) => beganMs <= atMs) ?? kept[0],
    noteSpeechEnd(end) {
      unanswered = end;
    },
    takeSpeechEnd(replyStartedMs) {
      if (unanswered === undefined || unanswered.atMs > replyStartedMs) return undefined;
      const end = unanswered;
      unanswered = undefined;
      return end;
    },
  };
}

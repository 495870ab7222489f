import type { SpeechEnd } from "../audio/speech-end.js";

/** A call of one of the agent's tools. Times in epoch milliseconds, on the conversation's clock. */
export interface ToolRun {
  startMs: number;
  endMs: number;
  /** A reply has told of it already. */
  isAnswered: boolean;
}

/** One exchange: what the user said, and what the agent answered. */
export interface Turn {
  id: string;
  /** When its first words came, on the conversation's clock. */
  beganMs: number;
  /** LiveKit has called `onUserTurnCompleted`: words that follow are of a new turn. */
  isTaken: boolean;
  /** LiveKit has committed it, which it does once `onUserTurnCompleted` is done. */
  isCommitted: boolean;
  /** The first message of the agent that was played in this turn, which ends the wait. */
  firstReply?: string | undefined;
  /** It ended without a reply: the user does not wait for what the agent says later. */
  isUnanswered?: boolean;
  /** Marks on the conversation's clock, in epoch milliseconds. */
  speechEnd?: SpeechEnd;
  transcriptFinalMs?: number;
  committedMs?: number;
  /** When the agent's own `onUserTurnCompleted` was over. */
  hookEndMs?: number;
  toolRuns: ToolRun[];
}

/** No reply to a turn is to come any more. A reply that was played stays its answer. */
export function endWait(turn: Turn): void {
  if (turn.firstReply === undefined) turn.isUnanswered = true;
}

export interface Turns {
  /** The turn that a new message of the user belongs to. */
  forUser(): Turn;
  /** The turn that a new message of the agent belongs to: it answers the latest. */
  forAgent(): Turn;
  latest(): Turn | undefined;
  /** A reply is handed to the output. Nobody waits for replies to earlier turns any more. */
  noteReply(turn: Turn, messageId: string): void;
  /** The turn that was the latest at a moment in the past. */
  latestAt(atMs: number): Turn | undefined;
  /** A realtime model has heard the user stop, before any transcript has come. */
  noteSpeechEnd(end: SpeechEnd): void;
  /** Gives the end of speech that is answered by a reply heard from then on. Each only once. */
  takeSpeechEnd(replyStartedMs: number): SpeechEnd | undefined;
}

/** How many turns are kept, because LiveKit tells some things late. */
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
      // A later answer to an earlier turn comes after other talk, so its wait was no silence.
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

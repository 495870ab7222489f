import type { SpeechEnd } from "./speech-end.js";

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
  /** The messages of the user in this turn, in order. */
  userMessages: string[];
  /** Whether LiveKit has taken the user's words as a whole; what follows is a new turn. */
  isCommitted: boolean;
  /** The first message of the agent that was played in this turn: the one that ends the wait. */
  firstReply?: string | undefined;
  /** Marks on the conversation's clock, in epoch milliseconds. */
  speechEnd?: SpeechEnd;
  transcriptFinalMs?: number;
  committedMs?: number;
  /** When the agent's own `onUserTurnCompleted` was over. */
  hookEndMs?: number;
  toolRuns: ToolRun[];
}

export interface Turns {
  /** The turn that a new message of the user belongs to. */
  forUser(): Turn;
  /** The turn that a new message of the agent belongs to: it answers the latest. */
  forAgent(): Turn;
  latest(): Turn | undefined;
  /** A realtime model has heard the user stop, long before anybody knows which words that were. */
  noteSpeechEnd(end: SpeechEnd): void;
  /** Gives the end of speech that a reply answers that was heard from then on; each only once. */
  takeSpeechEnd(replyStartedMs: number): SpeechEnd | undefined;
}

export function createTurns(): Turns {
  let count = 0;
  let latest: Turn | undefined;
  let unanswered: SpeechEnd | undefined;

  function begin(): Turn {
    count += 1;
    latest = { id: `t_${count}`, userMessages: [], isCommitted: false, toolRuns: [] };
    return latest;
  }

  return {
    forUser() {
      const isOpen = latest !== undefined && !latest.isCommitted && latest.firstReply === undefined;
      return isOpen && latest !== undefined ? latest : begin();
    },
    forAgent: () => latest ?? begin(),
    latest: () => latest,
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

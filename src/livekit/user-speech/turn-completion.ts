import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { RealtimeTurns } from "../conversation/realtime-turns.js";
import type { Turn } from "../conversation/turns.js";
import type { TakenTurn } from "../instrumentation/agent-nodes.js";
import type { InterimTranscripts } from "./interim-transcripts.js";
import type { PendingTranscripts } from "./pending-transcripts.js";
import type { TranscriptIntake } from "./transcript-intake.js";

/** A turn that LiveKit says is over. Times in epoch milliseconds. */
export interface CommittedTurn {
  /** Undefined if LiveKit does not know when the user stopped speaking. */
  speechEndMs: number | undefined;
  committedMs: number;
  /** LiveKit's id of the speech that answers the turn. */
  speechId: string | undefined;
}

/**
 * Which turn took which words of the user, and when the turn was over. LiveKit tells of a turn up to
 * three times:
 *
 * - `onUserTurnCompleted`, before the agent's code
 * - `eou_metrics`, after the agent's code
 * - the turn's message in the chat
 */
export interface TurnCompletion {
  /** LiveKit calls `onUserTurnCompleted`. The result is called when the agent's code has ended. */
  onTurnTaken(text: string): TakenTurn;
  /** LiveKit's `eou_metrics`: the turn was committed. */
  onTurnCommitted(turn: CommittedTurn): void;
  /** LiveKit has put a spoken turn into the chat. */
  onTurnInChat(text: string): void;
  /** Typed text is a turn by itself. */
  onTypedText(content: string, createdMs: number): void;
  /** The agent called `clearUserTurn()`. */
  onTurnCleared(): void;
  /** A realtime model answers by itself, which ends the turn. Returns the turn that it answers. */
  onServerAnswer(): Turn | undefined;
}

export interface TurnCompletionParts {
  intake: TranscriptIntake;
  interims: InterimTranscripts;
  pending: PendingTranscripts;
  realtimeTurns: RealtimeTurns;
}

export function createTurnCompletion(
  conversation: ObservedConversation,
  { intake, interims, pending, realtimeTurns }: TurnCompletionParts,
): TurnCompletion {
  const { spans, clock, turns, plannedSpeeches, speechActivity } = conversation;
  /** The turn that `onUserTurnCompleted` got last, until LiveKit tells of its commit. */
  let taken: Turn | undefined;

  function endTurn(turn: Turn | undefined): void {
    if (turn === undefined || turn.isCommitted) return;
    turn.isCommitted = true;
    speechActivity.onTurnOver(turn);
  }

  function stopReply(turn: Turn | undefined): void {
    endTurn(turn);
    if (turn !== undefined) plannedSpeeches.onReplyStopped(turn);
  }

  /** The latest turn, if `onUserTurnCompleted` did not get it before. */
  function takeLatest(atMs: number): Turn | undefined {
    const turn = turns.latest();
    if (turn === undefined || turn.isCommitted || turn.isTaken) return undefined;
    turn.isTaken = true;
    // `eou_metrics` comes after the agent's code. An answer may have been heard by then.
    turn.committedMs = atMs;
    speechActivity.noteSpeechEnd(turn, speechActivity.silentMs(), atMs);
    speechActivity.onTurnOver(turn);
    return turn;
  }

  return {
    onTurnTaken(text) {
      const atMs = clock.now();
      intake.onTurnText(text);
      const lastId = pending.takeForTurn(text, text !== "").at(-1);
      const turn = turns.latest();
      taken = takeLatest(atMs);
      const isNew = taken !== undefined;
      return {
        onEnd({ text: takenAs, isReplyStopped, isOwnCode }) {
          if (isOwnCode && isNew && turn?.isCommitted === false) turn.hookEndMs = clock.now();
          if (takenAs !== text && lastId !== undefined)
            spans.amend(lastId, { takenAs }, clock.now());
          if (!isReplyStopped) return;
          stopReply(turn);
          // While this turn's code ran, another turn may have been taken.
          if (taken === turn) taken = undefined;
          spans.event({ type: "reply_stopped", atMs, turnId: turn?.id, data: {} });
        },
      };
    },
    onTurnCommitted({ speechEndMs, committedMs, speechId }) {
      // While the agent's code ran for this turn, the user may have begun the next one.
      const turn = taken ?? turns.latest();
      taken = undefined;
      if (turn === undefined) return;
      if (speechId !== undefined) plannedSpeeches.onTurnCommitted(speechId, turn);
      if (turn.isCommitted) return;
      // LiveKit reports whole milliseconds, so its commit may seem later than an event that it caused.
      turn.committedMs = Math.min(committedMs, turn.committedMs ?? Infinity);
      speechActivity.noteSpeechEnd(turn, speechEndMs, turn.committedMs);
      endTurn(turn);
    },
    onTurnInChat(text) {
      intake.onTurnText(text);
      // If a realtime model's server finds the turns, only the model's answer ends a turn.
      const isOfServer = realtimeTurns.latest() !== undefined;
      if (pending.takeForTurn(text, false).length > 0 && !isOfServer) endTurn(turns.latest());
    },
    onTypedText(content, createdMs) {
      const turn = turns.forUser();
      const id = conversation.nextMessageId();
      turn.isCommitted = true;
      turn.committedMs = createdMs;
      const typed = { id, turnId: turn.id, role: "user", content } as const;
      spans.text({ ...typed, source: "text_input", timestampMs: createdMs });
    },
    onTurnCleared() {
      interims.forget();
      pending.discard("turn_cleared");
      stopReply(turns.latest());
    },
    onServerAnswer() {
      const turn = findAnsweredTurn(conversation, realtimeTurns);
      if (turn !== undefined) plannedSpeeches.onServerAnswer(turn);
      if (turn === undefined || turn.isCommitted) return turn;
      turn.isCommitted = true;
      turn.committedMs = clock.now();
      speechActivity.noteSpeechEnd(turn, realtimeTurns.latest()?.endedMs, turn.committedMs);
      turns.takeSpeechEnd(turn.committedMs);
      return turn;
    },
  };
}

/** The turn that a realtime model answers by itself now. */
function findAnsweredTurn(
  { turns, plannedSpeeches }: ObservedConversation,
  realtimeTurns: RealtimeTurns,
): Turn | undefined {
  const latest = turns.latest();
  const stretch = realtimeTurns.latest();
  const isUnfinished =
    stretch !== undefined && stretch.turn === latest && stretch.endedMs === undefined;
  // While the user speaks, a realtime model answers by itself only after one of its tools has a result.
  return (isUnfinished ? plannedSpeeches.toolTurn() : undefined) ?? latest;
}

import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { RealtimeTurns } from "../conversation/realtime-turns.js";
import type { Turn } from "../conversation/turns.js";
import type { TakenTurn } from "../instrumentation/agent-nodes.js";
import type { InterimTranscripts } from "./interim-transcripts.js";
import type { PendingTranscripts } from "./pending-transcripts.js";
import type { TranscriptIntake } from "./transcript-intake.js";

/** A turn that LiveKit says is over. Times in epoch milliseconds. */
export interface CommittedTurn {
  /** Undefined where LiveKit does not know when the user stopped speaking. */
  speechEndMs: number | undefined;
  committedMs: number;
  /** LiveKit's id of the speech that answers it. */
  speechId: string | undefined;
}

/**
 * Which turn took which of the user's words, and when it was over. LiveKit tells of a turn up to
 * three times: `onUserTurnCompleted` before the agent's code, `eou_metrics` after it, and its
 * message in the chat.
 */
export interface TurnCompletion {
  /** LiveKit calls `onUserTurnCompleted`. The result is called when the agent's code has ended. */
  onTurnTaken(text: string): TakenTurn;
  /** LiveKit's `eou_metrics`: the turn was committed. */
  onTurnCommitted(turn: CommittedTurn): void;
  /** LiveKit has put a turn of speech into the chat. */
  onTurnInChat(text: string): void;
  /** Typed text is a turn by itself. */
  onTypedText(content: string, createdMs: number): void;
  /** The agent called `clearUserTurn()`. */
  onTurnCleared(): void;
  /** A realtime model answers by itself, and so ends the turn. Gives the turn that it answers. */
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
  /** The turn that `onUserTurnCompleted` has now, until LiveKit tells of its commit. */
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

  /** The latest turn, where no `onUserTurnCompleted` had it before. */
  function takeLatest(atMs: number): Turn | undefined {
    const turn = turns.latest();
    if (turn === undefined || turn.isCommitted || turn.isTaken) return undefined;
    turn.isTaken = true;
    // `eou_metrics` comes after the agent's code, by when an answer may have been heard.
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
          // Another turn may have been taken while this one's code ran.
          if (taken === turn) taken = undefined;
          spans.event({ type: "reply_stopped", atMs, turnId: turn?.id, data: {} });
        },
      };
    },
    onTurnCommitted({ speechEndMs, committedMs, speechId }) {
      // The user may have begun a next turn while the agent's code had this one.
      const turn = taken ?? turns.latest();
      taken = undefined;
      if (turn === undefined) return;
      if (speechId !== undefined) plannedSpeeches.onTurnCommitted(speechId, turn);
      if (turn.isCommitted) return;
      // LiveKit has whole milliseconds, so its commit may seem later than what it caused.
      turn.committedMs = Math.min(committedMs, turn.committedMs ?? Infinity);
      speechActivity.noteSpeechEnd(turn, speechEndMs, turn.committedMs);
      endTurn(turn);
    },
    onTurnInChat(text) {
      intake.onTurnText(text);
      // A turn that a realtime model's server has found is ended by the model's answer alone.
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
  const speech = realtimeTurns.latest();
  const isUnfinished =
    speech !== undefined && speech.turn === latest && speech.endedMs === undefined;
  // While the user speaks, a model answers by itself only what one of its tools has found.
  return (isUnfinished ? plannedSpeeches.toolTurn() : undefined) ?? latest;
}

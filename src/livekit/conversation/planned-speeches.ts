import type { voice } from "@livekit/agents";
import type { Guard } from "../instrumentation/guard.js";
import type { Clock } from "../livekit-facts/clock.js";
import { createRealtimeSpeeches } from "./realtime-speeches.js";
import { createStoppedReplies } from "./stopped-replies.js";
import { type Turn, type Turns, endWait } from "./turns.js";

/**
 * LiveKit's planned speeches: which turn they answer, and which a synthesis can belong to. LiveKit
 * does not tell the speech of a synthesis, but it plans the speech first. So once all speeches have
 * ended that were planned when a synthesis began, that synthesis will not be played any more.
 */
export interface PlannedSpeeches {
  onSpeechCreated(event: Pick<voice.SpeechCreatedEvent, "speechHandle" | "source">): void;
  /** Calls `listener` each time a speech has ended. */
  addEndListener(listener: () => void): void;
  /** The speeches that are planned or under way. The set shrinks as they end. */
  current(): PlannedSpeechSet;
  /** LiveKit has told which speech answers a turn, by the id of the speech. */
  onTurnCommitted(speechId: string, turn: Turn): void;
  /** A realtime model answers a turn by itself. LiveKit plans the speech of it at once. */
  onServerAnswer(turn: Turn): void;
  /**
   * A realtime model begins to answer because it was asked to. Gives the turn of the speech that it
   * was asked for, where that is known; each speech counts once.
   */
  takeAskedTurn(): Turn | undefined;
  /** The latest turn whose speech has called a tool, and that still waits for its answer. */
  toolTurn(): Turn | undefined;
  /** The agent wants no reply to a turn: the turn ends with the speeches that are planned now. */
  onReplyStopped(turn: Turn): void;
  /** The turn that a speech answers, where LiveKit has told. */
  turnOf(handle: voice.SpeechHandle | undefined): Turn | undefined;
  /**
   * The turn of the speech that was planned last, if LiveKit has told it. If that turn has its
   * answer, gives a later turn whose speech ended in a tool: with an `AgentTask`, the tool of the
   * first speech answers that turn.
   */
  latestTurn(): Turn | undefined;
  /** When the tools of a turn began that are running now, in epoch milliseconds. */
  findRunningTools(turn: Turn): number[];
  /** Whether one of the speeches does not allow interruptions. */
  includesProtected(): boolean;
}

export interface PlannedSpeechSet {
  /** True once all have ended. Of an empty set, once any speech has ended since it was made. */
  haveEnded(): boolean;
  /** Whether all of them are of `say()`, or none is; undefined where some are, and of an empty set. */
  readonly isSaid?: boolean | undefined;
}

export function createPlannedSpeeches({
  clock,
  guard,
  turns,
}: {
  clock: Clock;
  guard: Guard;
  turns: Turns;
}): PlannedSpeeches {
  const planned = new Set<voice.SpeechHandle>();
  const answered = new WeakMap<voice.SpeechHandle, Turn>();
  const stoppedReplies = createStoppedReplies(planned);
  const realtime = createRealtimeSpeeches();
  /** The latest turn whose own speech has ended in a tool call. */
  let passedOn: Turn | undefined;
  let ended = 0;
  const endListeners: (() => void)[] = [];
  const said = new WeakSet<voice.SpeechHandle>();

  function onEnd(handle: voice.SpeechHandle): void {
    planned.delete(handle);
    realtime.onSpeechEnded(handle);
    ended += 1;
    const turn = turnOf(handle);
    // A tool may hand over to another agent, which answers then.
    const mayGoOn = !handle.interrupted && hasCalledTool(handle);
    if (turn !== undefined && !mayGoOn) endWait(turn);
    else if (turn !== undefined) passedOn = turn;
    stoppedReplies.onSpeechEnded();
    for (const listener of endListeners) listener();
  }

  /** The speech of a tool's answer is planned by its own handle, below the one that called it. */
  function turnOf(handle: voice.SpeechHandle | undefined): Turn | undefined {
    return handle && (answered.get(handle) ?? turnOf(handle.parent));
  }

  return {
    onSpeechCreated(event) {
      const { speechHandle: handle } = event;
      planned.add(handle);
      if (event.source === "say") said.add(handle);
      const turn = realtime.onSpeechCreated(event);
      if (turn !== undefined) answered.set(handle, turn);
      handle.addDoneCallback(() => guard.run("saw a speech end", () => onEnd(handle)));
    },
    addEndListener: (listener) => void endListeners.push(listener),
    onTurnCommitted(speechId, turn) {
      const handle = [...planned].find(({ id }) => id === speechId);
      if (handle !== undefined) answered.set(handle, turn);
    },
    onServerAnswer: realtime.onServerAnswer,
    takeAskedTurn: () => turnOf(realtime.takeAsked()),
    toolTurn() {
      const calling = [...planned].findLast(
        (handle) => hasCalledTool(handle) && isWaiting(turnOf(handle)),
      );
      return turnOf(calling) ?? (isWaiting(passedOn) ? passedOn : undefined);
    },
    onReplyStopped: stoppedReplies.add,
    turnOf,
    latestTurn() {
      const latest = [...planned].at(-1);
      const turn = turnOf(latest);
      const isAnswered = turn?.firstReply !== undefined;
      return isAnswered && isWaiting(passedOn) && passedOn.beganMs > turn.beganMs ? passedOn : turn;
    },
    findRunningTools: (turn) =>
      [...planned].flatMap((handle) =>
        listRunningTools(handle)
          .map((startMs) => clock.fromWall(startMs))
          .filter((startMs) => (turnOf(handle) ?? turns.latestAt(startMs)) === turn),
      ),
    includesProtected: () => [...planned].some((handle) => !handle.allowInterruptions),
    current() {
      const owners = [...planned];
      const endedBefore = ended;
      const [isFirstSaid, ...others] = owners.map((owner) => said.has(owner));
      return {
        isSaid: others.every((isSaid) => isSaid === isFirstSaid) ? isFirstSaid : undefined,
        haveEnded: () =>
          owners.length > 0 ? owners.every((owner) => !planned.has(owner)) : ended > endedBefore,
      };
    },
  };
}

function isWaiting(turn: Turn | undefined): turn is Turn {
  return turn !== undefined && turn.firstReply === undefined && turn.isUnanswered !== true;
}

/** When its tool calls began that have no output yet, on LiveKit's clock. */
function listRunningTools({ chatItems }: voice.SpeechHandle): number[] {
  const given = new Set(
    chatItems.flatMap((item) => (item.type === "function_call_output" ? [item.callId] : [])),
  );
  return chatItems.flatMap((item) =>
    item.type === "function_call" && !given.has(item.callId) ? [item.createdAt] : [],
  );
}

function hasCalledTool({ chatItems }: voice.SpeechHandle): boolean {
  return chatItems.some(({ type }) => type === "function_call");
}

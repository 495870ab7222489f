import type { voice } from "@livekit/agents";
import type { Guard } from "../instrumentation/guard.js";
import type { Clock } from "../livekit-facts/clock.js";
import { createRealtimeSpeeches } from "./realtime-speeches.js";
import { createStoppedReplies } from "./stopped-replies.js";
import { type Turn, type Turns, endWait } from "./turns.js";

/**
 * LiveKit's planned speeches: which turn each one answers, and which ones a synthesis can belong to.
 *
 * LiveKit does not tell to which speech a synthesis belongs, but it plans the speech first. So a
 * synthesis belongs to one of the speeches that were planned when it began. Once all of these have
 * ended, the synthesis will not be played any more.
 */
export interface PlannedSpeeches {
  onSpeechCreated(event: Pick<voice.SpeechCreatedEvent, "speechHandle" | "source">): void;
  /** Calls `listener` each time a speech has ended. */
  addEndListener(listener: () => void): void;
  /** The speeches that are planned or running now, as a set that shrinks when they end. */
  current(): PlannedSpeechSet;
  /** LiveKit has told, by the speech's id, which speech answers a turn. */
  onTurnCommitted(speechId: string, turn: Turn): void;
  /** A realtime model answers a turn by itself. LiveKit plans the speech for it at once. */
  onServerAnswer(turn: Turn): void;
  /**
   * A realtime model begins to answer because LiveKit asked it to. Returns the turn of the speech that
   * it was asked for, if known. Each speech is returned once.
   */
  takeAskedTurn(): Turn | undefined;
  /** The latest turn whose speech has called a tool, and that still waits for its answer. */
  toolTurn(): Turn | undefined;
  /** The agent wants no reply to this turn. The turn ends with the speeches that are planned now. */
  onReplyStopped(turn: Turn): void;
  /** The turn that a speech answers, if LiveKit has told it. */
  turnOf(handle: voice.SpeechHandle | undefined): Turn | undefined;
  /**
   * The turn that the next words answer: that of the speech planned last, if LiveKit has told it. An
   * `AgentTask` runs inside a tool of an earlier speech, and its last turn ends in a tool call. So if
   * the earlier speech has answered its own turn, what it says next answers this later turn.
   */
  latestTurn(): Turn | undefined;
  /** When the tools began that run for a turn now, in epoch milliseconds. */
  findRunningTools(turn: Turn): number[];
  /** Whether one of the speeches does not allow interruptions. */
  includesProtected(): boolean;
}

export interface PlannedSpeechSet {
  /** True once all speeches have ended. An empty set counts as ended once any other speech has ended. */
  haveEnded(): boolean;
  /** True if `say()` planned all of them, false if none; undefined if some, or if the set is empty. */
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
  let endedInTool: Turn | undefined;
  let ended = 0;
  const endListeners: (() => void)[] = [];
  const said = new WeakSet<voice.SpeechHandle>();

  function onEnd(handle: voice.SpeechHandle): void {
    planned.delete(handle);
    realtime.onSpeechEnded(handle);
    ended += 1;
    const turn = turnOf(handle);
    // If a tool hands over to another agent, that agent may still answer the turn.
    const mayGoOn = !handle.interrupted && hasCalledTool(handle);
    if (turn !== undefined && !mayGoOn) endWait(turn);
    else if (turn !== undefined) endedInTool = turn;
    stoppedReplies.onSpeechEnded();
    for (const listener of endListeners) listener();
  }

  /** A tool's answer is a speech of its own, whose parent is the speech that called the tool. */
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
      return turnOf(calling) ?? (isWaiting(endedInTool) ? endedInTool : undefined);
    },
    onReplyStopped: stoppedReplies.add,
    turnOf,
    latestTurn() {
      const latest = [...planned].at(-1);
      const turn = turnOf(latest);
      const isAnswered = turn?.firstReply !== undefined;
      return isAnswered && isWaiting(endedInTool) && endedInTool.beganMs > turn.beganMs
        ? endedInTool
        : turn;
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

/** When those tool calls began that have no output yet, on LiveKit's clock. */
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

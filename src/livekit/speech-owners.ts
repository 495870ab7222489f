import type { voice } from "@livekit/agents";
import type { Turn } from "./turns.js";

/**
 * Which of LiveKit's planned speeches a synthesis can belong to. LiveKit does not say, but it plans
 * a speech before it opens its synthesis; so once every speech is over that was planned when a
 * synthesis began, that synthesis will not be played any more.
 */
export interface SpeechOwners {
  onSpeechCreated(handle: voice.SpeechHandle): void;
  /** The speeches that are planned or under way. The set shrinks as they end. */
  current(): SpeechOwnerSet;
  /** LiveKit has told which speech answers a turn. */
  onTurnCommitted(speechId: string, turn: Turn): void;
  /** The turn that a speech answers, where LiveKit has told. */
  turnOf(handle: voice.SpeechHandle | undefined): Turn | undefined;
  /** The turn of the speech that was planned last, where LiveKit has told. */
  latestTurn(): Turn | undefined;
  /** Whether one of them may not be interrupted. */
  includesProtected(): boolean;
}

export interface SpeechOwnerSet {
  /** True once all have ended; where none was known, once any speech has ended since. */
  areOver(): boolean;
}

/** @param onOver told each time a speech is over. */
export function followSpeechOwners(onOver: () => void): SpeechOwners {
  const planned = new Set<voice.SpeechHandle>();
  const answered = new WeakMap<voice.SpeechHandle, Turn>();
  let ended = 0;
  return {
    onSpeechCreated(handle) {
      planned.add(handle);
      handle.addDoneCallback(() => {
        planned.delete(handle);
        ended += 1;
        onOver();
      });
    },
    onTurnCommitted(speechId, turn) {
      const handle = [...planned].find(({ id }) => id === speechId);
      if (handle !== undefined) answered.set(handle, turn);
    },
    turnOf: (handle) => handle && answered.get(handle),
    latestTurn() {
      const latest = [...planned].at(-1);
      return latest && answered.get(latest);
    },
    includesProtected: () => [...planned].some((handle) => !handle.allowInterruptions),
    current() {
      const owners = [...planned];
      const endedBefore = ended;
      return {
        areOver: () =>
          owners.length > 0 ? owners.every((owner) => !planned.has(owner)) : ended > endedBefore,
      };
    },
  };
}

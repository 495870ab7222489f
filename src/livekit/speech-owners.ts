import type { voice } from "@livekit/agents";

/**
 * Which of LiveKit's planned speeches a synthesis can belong to. LiveKit does not say, but it plans
 * a speech before it opens its synthesis; so once every speech is over that was planned when a
 * synthesis began, that synthesis will not be played any more.
 */
export interface SpeechOwners {
  onSpeechCreated(handle: voice.SpeechHandle): void;
  /** The speeches that are planned or under way. The set shrinks as they end. */
  current(): SpeechOwnerSet;
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

import type { PlayoutSegment } from "./audio-output.js";
import type { SpokenByUser } from "./user-speech.js";

/** Finds out which words of the user cut off which words of the agent, in either order. */
export interface Interruptions {
  /** The user message that cut off an agent message, where it has arrived already. */
  by(agentMessageId: string, segment: PlayoutSegment): string | undefined;
  /** Notes a user message; gives the agent message that waited for it. */
  onUserMessage(message: SpokenByUser): string | undefined;
  /** The agent speaks again: what was said before does not cut that off. */
  forget(): void;
}

/** Voice activity detection may date a start a little before the sound it talks over. */
const START_TOLERANCE_MS = 200;

export function createInterruptions(isUserSpeaking: () => boolean): Interruptions {
  let recent: SpokenByUser[] = [];
  /** An agent message that was cut off by words whose transcript has not come yet. */
  let waiting: string | undefined;

  return {
    by(agentMessageId, { startedMs }) {
      const during = recent.filter(
        (message) =>
          startedMs !== undefined &&
          (message.startedMs ?? message.arrivedMs) >= startedMs - START_TOLERANCE_MS,
      );
      // Of several it is the last turn that cut; the ones before were let pass.
      const lastTurn = during.at(-1)?.turnId;
      const first = during.find((message) => message.turnId === lastTurn);
      if (first === undefined && isUserSpeaking()) waiting = agentMessageId;
      return first?.id;
    },
    onUserMessage(message) {
      recent.push(message);
      const cutOff = waiting;
      waiting = undefined;
      return cutOff;
    },
    forget() {
      recent = [];
      waiting = undefined;
    },
  };
}

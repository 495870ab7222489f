import type { voice } from "@livekit/agents";
import { type Turn, endWait } from "./turns.js";

/** Turns to which the agent wants no reply. */
export interface StoppedReplies {
  /** The turn ends once all speeches have ended that are planned at this moment. */
  add(turn: Turn): void;
  onSpeechEnded(): void;
}

/** @param planned LiveKit's speeches that are planned or running; the set changes with time */
export function createStoppedReplies(planned: ReadonlySet<voice.SpeechHandle>): StoppedReplies {
  /** The turns, each with the speeches that may still be heard in it. */
  const stopping = new Set<{ turn: Turn; owners: voice.SpeechHandle[] }>();

  return {
    add(turn) {
      // The agent's code may have planned a speech of its own instead of the reply.
      if (planned.size === 0) endWait(turn);
      else stopping.add({ turn, owners: [...planned] });
    },
    onSpeechEnded() {
      for (const each of stopping) {
        if (each.owners.some((owner) => planned.has(owner))) continue;
        stopping.delete(each);
        endWait(each.turn);
      }
    },
  };
}

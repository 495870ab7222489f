import type { voice } from "@livekit/agents";
import { type Turn, endWait } from "./turns.js";

/** Turns that the agent wants no reply to. */
export interface StoppedReplies {
  /** The turn ends once all speeches have ended that are planned now. */
  add(turn: Turn): void;
  onSpeechEnded(): void;
}

/** @param planned the speeches that are planned or under way, as LiveKit keeps them at any moment */
export function createStoppedReplies(planned: ReadonlySet<voice.SpeechHandle>): StoppedReplies {
  /** The turns, and the speeches that may still be heard in them. */
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

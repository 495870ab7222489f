import type { voice } from "@livekit/agents";
import type { Turn } from "./turns.js";

/**
 * Which speeches a realtime model is behind. The model answers a turn by itself, and LiveKit plans
 * the speech of it at once; or LiveKit plans a speech first and asks the model for it.
 */
export interface RealtimeSpeeches {
  /** LiveKit has planned a speech. Gives the turn that the model has just begun to answer by itself. */
  onSpeechCreated(
    event: Pick<voice.SpeechCreatedEvent, "speechHandle" | "source">,
  ): Turn | undefined;
  onSpeechEnded(handle: voice.SpeechHandle): void;
  /** The model begins to answer a turn by itself. */
  onServerAnswer(turn: Turn): void;
  /** Gives the oldest speech that the model can be asked for; each only once. */
  takeAsked(): voice.SpeechHandle | undefined;
}

export function createRealtimeSpeeches(): RealtimeSpeeches {
  /** Speeches that a realtime model is to be asked for, the oldest first. */
  const asked = new Set<voice.SpeechHandle>();
  /** The turn that a realtime model has just begun to answer by itself. */
  let announced: Turn | undefined;

  return {
    onSpeechCreated({ speechHandle, source }) {
      const turn = announced;
      announced = undefined;
      if (turn === undefined && source !== "say") asked.add(speechHandle);
      return turn;
    },
    onSpeechEnded: (handle) => void asked.delete(handle),
    onServerAnswer(turn) {
      announced = turn;
      // Where LiveKit is closing it plans no speech, and the next one is of something else.
      queueMicrotask(() => (announced = undefined));
    },
    takeAsked() {
      const [handle] = asked;
      if (handle !== undefined) asked.delete(handle);
      return handle;
    },
  };
}

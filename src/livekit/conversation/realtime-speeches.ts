import type { voice } from "@livekit/agents";
import type { Turn } from "./turns.js";

/**
 * Which of the agent's speeches come from a realtime model. There are two ways:
 *
 * - The model answers a turn by itself, and LiveKit plans a speech for the answer at once.
 * - LiveKit plans a speech first, and then asks the model for it.
 */
export interface RealtimeSpeeches {
  /**
   * LiveKit has planned a speech. Returns the turn that the model has just begun to answer by itself,
   * if any.
   */
  onSpeechCreated(
    event: Pick<voice.SpeechCreatedEvent, "speechHandle" | "source">,
  ): Turn | undefined;
  onSpeechEnded(handle: voice.SpeechHandle): void;
  /** The model begins to answer a turn by itself. */
  onServerAnswer(turn: Turn): void;
  /** Returns the oldest speech that LiveKit may have asked the model for. Each is returned once. */
  takeAsked(): voice.SpeechHandle | undefined;
}

export function createRealtimeSpeeches(): RealtimeSpeeches {
  /** Speeches for which LiveKit will ask a realtime model, oldest first. */
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
      // While LiveKit closes, it plans no speech for the answer. The next speech must not be taken for
      // it.
      queueMicrotask(() => (announced = undefined));
    },
    takeAsked() {
      const [handle] = asked;
      if (handle !== undefined) asked.delete(handle);
      return handle;
    },
  };
}

import type { stt, voice } from "@livekit/agents";
import { valueAt } from "../livekit-facts/private-property.js";
import type { SpeechToTextListener } from "./stt.js";
import type { Guard } from "./guard.js";
import { describeSpeechToText } from "./service-names.js";
import { wrapMethod } from "./wrap-method.js";

interface Recognition {
  onSTTEvent(event: stt.SpeechEvent): Promise<void>;
}

/**
 * Follows a stream that was open before the session was observed, and so cannot be followed at its
 * source. LiveKit passes each event of it through `AudioRecognition.onSTTEvent`, which is not public;
 * where that is not found, the words still come by its public event, without their times.
 *
 * `refresh` looks for the recognition of the agent that has the word now.
 */
export function followLateSttEvents(
  session: voice.AgentSession,
  guard: Guard,
  user: Pick<SpeechToTextListener, "onSpeechEvent">,
): { refresh(): void; stop(): void } {
  const followed = new Map<Recognition, () => void>();
  return {
    refresh() {
      const recognition = findRecognition(session);
      if (recognition === undefined || followed.has(recognition)) return;
      const unwrap = wrapMethod(recognition, "onSTTEvent", guard, "heard a transcript", (event) => {
        user.onSpeechEvent(event, describeSpeechToText(session));
      });
      followed.set(recognition, unwrap);
    },
    stop() {
      for (const unwrap of followed.values()) unwrap();
      followed.clear();
    },
  };
}

function findRecognition(session: voice.AgentSession): Recognition | undefined {
  const recognition = valueAt(session, "_activity", "audioRecognition");
  return typeof valueAt(recognition, "onSTTEvent") === "function"
    ? (recognition as Recognition)
    : undefined;
}

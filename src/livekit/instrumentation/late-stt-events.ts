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
 * Follows an STT stream that was opened before the session was observed, so that its own methods could
 * not be wrapped. LiveKit passes each of its events through the private `AudioRecognition.onSTTEvent`.
 * If that method is not found, LiveKit's public event still gives the words, without times.
 *
 * `refresh` looks for the recognition of the agent that is active now.
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

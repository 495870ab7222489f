import type { stt, voice } from "@livekit/agents";
import type { SpeechService } from "../../otel/index.js";
import { currentModelsOf, isHeardByModel } from "./current-models.js";
import type { Guard } from "./guard.js";
import { describeRealtime, describeService } from "./speech-source.js";
import type { UserSpeech } from "./user-speech.js";
import { valueAt } from "./value-at.js";

interface Recognition {
  onSTTEvent(event: stt.SpeechEvent): Promise<void>;
}

/**
 * Follows a stream that was open before the session was observed, and so cannot be followed at its
 * source. LiveKit passes each event of it through `AudioRecognition.onSTTEvent`, which is not public;
 * where that is not found, the words still come by its public event, without their times.
 *
 * @returns what looks for the recognition of the agent that has the word now.
 */
export function followLateTranscripts(
  session: voice.AgentSession,
  guard: Guard,
  user: UserSpeech,
): () => void {
  const followed = new WeakSet<Recognition>();
  return () => {
    const recognition = findRecognition(session);
    if (recognition === undefined || followed.has(recognition)) return;
    followed.add(recognition);
    const onSTTEvent = recognition.onSTTEvent.bind(recognition);
    recognition.onSTTEvent = (event) => {
      guard.run("heard a transcript", () =>
        user.onSpeechEvent(event, describeSpeechToText(session)),
      );
      return onSTTEvent(event);
    };
  };
}

/**
 * The service whose words LiveKit takes: a realtime model that tells what it hears, else the STT.
 *
 * @param itemId a realtime model's id of what was heard; an STT's words have none.
 */
export function describeSpeechToText(
  session: voice.AgentSession,
  itemId?: string | null,
): SpeechService {
  const { stt: ears, llm: model } = currentModelsOf(session);
  const isOfModel = isHeardByModel(session) || Boolean(itemId);
  if (ears !== undefined && !isOfModel) return describeService(ears, "stt");
  return model === undefined ? { source: "unknown_stt" } : describeRealtime(model);
}

function findRecognition(session: voice.AgentSession): Recognition | undefined {
  const recognition = valueAt(session, "_activity", "audioRecognition");
  return typeof valueAt(recognition, "onSTTEvent") === "function"
    ? (recognition as Recognition)
    : undefined;
}

import { stt, type voice } from "@livekit/agents";
import type { SpeechService } from "../../otel/index.js";
import type { Guard } from "./guard.js";
import { describeService } from "./speech-source.js";
import type { UserSpeech } from "./user-speech.js";

/**
 * Transcripts of a stream that was open before the session was observed, and so cannot be followed
 * at its source. LiveKit passes each event of it through `AudioRecognition.onSTTEvent`, which is not
 * public; where that is not found, its public event gives the words without their times.
 */
export interface LateTranscripts {
  /** Looks for the recognition of the agent that has the word now. */
  refresh(): void;
  onUserTranscribed(event: voice.UserInputTranscribedEvent): void;
}

interface Recognition {
  onSTTEvent(event: stt.SpeechEvent): Promise<void>;
}

export function followLateTranscripts(
  session: voice.AgentSession,
  guard: Guard,
  user: UserSpeech,
): LateTranscripts {
  const followed = new WeakSet<Recognition>();
  let isFound = false;

  function service(): SpeechService {
    const model = currentSpeechToText(session);
    return model === undefined ? { source: "unknown_stt" } : describeService(model, "stt");
  }

  return {
    refresh() {
      const recognition = findRecognition(session);
      isFound = recognition !== undefined;
      if (recognition === undefined || followed.has(recognition)) return;
      followed.add(recognition);
      const onSTTEvent = recognition.onSTTEvent.bind(recognition);
      recognition.onSTTEvent = (event) => {
        guard.run("heard a transcript", () => user.onSpeechEvent(event, service()));
        return onSTTEvent(event);
      };
    },
    onUserTranscribed({ isFinal, transcript, language }) {
      if (isFound || !isFinal) return;
      const data = {
        text: transcript,
        language: language ?? "",
        startTime: 0,
        endTime: 0,
        confidence: NaN,
      };
      const event = {
        type: stt.SpeechEventType.FINAL_TRANSCRIPT,
        alternatives: [data],
      } as unknown as stt.SpeechEvent;
      user.onSpeechEvent(event, service());
    },
  };
}

/** The STT in use: an agent's own goes before the session's. */
export function currentSpeechToText(session: voice.AgentSession): stt.STT | undefined {
  return currentAgentOf(session)?.stt ?? session.stt;
}

/** `session.currentAgent` throws while there is none. */
export function currentAgentOf(session: voice.AgentSession): voice.Agent | undefined {
  try {
    return session.currentAgent;
  } catch {
    return undefined;
  }
}

function findRecognition(session: voice.AgentSession): Recognition | undefined {
  const activity: unknown = Reflect.get(session, "_activity");
  if (typeof activity !== "object" || activity === null) return undefined;
  const recognition: unknown = Reflect.get(activity, "audioRecognition");
  if (typeof recognition !== "object" || recognition === null) return undefined;
  return typeof Reflect.get(recognition, "onSTTEvent") === "function"
    ? (recognition as Recognition)
    : undefined;
}

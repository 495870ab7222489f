import type { stt, tts, voice } from "@livekit/agents";
import { isRealtimeModel } from "./model-kinds.js";

/** `session.currentAgent` throws if there is none. */
export function currentAgentOf(session: voice.AgentSession): voice.Agent | undefined {
  try {
    return session.currentAgent;
  } catch {
    return undefined;
  }
}

/**
 * The agent that speaks. At a handoff the session has the next agent at once, while the previous one
 * still speaks.
 */
export function speakerOf(session: voice.AgentSession): voice.Agent | undefined {
  const { _activity: activity } = session;
  return activity?.agent ?? currentAgentOf(session);
}

export interface CurrentModels {
  stt: stt.STT | undefined;
  tts: tts.TTS | undefined;
  llm: voice.AgentSession["llm"];
}

/** The models in use. An agent's own models replace the session's. */
export function currentModelsOf(session: voice.AgentSession): CurrentModels {
  const agent = currentAgentOf(session);
  return {
    stt: agent?.stt ?? session.stt,
    tts: agent?.tts ?? session.tts,
    llm: agent?.llm ?? session.llm,
  };
}

/**
 * Whether LiveKit has a TTS for the agent's answers now. Without a TTS only a realtime model speaks.
 * Such a model may also answer in text alone, which is only shown.
 */
export function hasTextToSpeech(session: voice.AgentSession): boolean {
  const { _activity: activity } = session;
  return (activity ?? currentModelsOf(session)).tts !== undefined;
}

/** Whether a realtime model transcribes the user. Then LiveKit ignores the words of an STT. */
export function isHeardByModel(session: voice.AgentSession): boolean {
  const { llm: model } = currentModelsOf(session);
  return isRealtimeModel(model) && model.capabilities.userTranscription;
}

/**
 * Who decides that the user has finished: voice activity detection, the STT, or a realtime model by
 * itself.
 */
export function whoEndsTurns(session: voice.AgentSession): "vad" | "stt" | "realtime" {
  const { llm: model } = currentModelsOf(session);
  if (isRealtimeModel(model) && model.capabilities.turnDetection) return "realtime";
  const agent = currentAgentOf(session);
  const detection: unknown =
    agent?.turnHandling?.turnDetection ?? session.sessionOptions.turnHandling.turnDetection;
  const detector = agent?.vad ?? session.vad;
  return detection === "stt" || detector === undefined || detector === null ? "stt" : "vad";
}

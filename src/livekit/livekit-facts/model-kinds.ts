import type { llm, stt, tts } from "@livekit/agents";
import { hasMethods, isObject, valueAt } from "./private-property.js";

/**
 * Which kind a model is. Its methods tell, and not its class, because an application may have another
 * copy of LiveKit's classes than TalkTrace.
 */
export function isSpeechToText(model: unknown): model is stt.STT {
  return hasMethods(model, ["stream", "recognize"]);
}

export function isTextToSpeech(model: unknown): model is tts.TTS {
  return hasMethods(model, ["stream", "synthesize"]);
}

export function isLanguageModel(model: unknown): model is llm.LLM {
  return hasMethods(model, ["chat"]);
}

export function isRealtimeModel(model: unknown): model is llm.RealtimeModel {
  return hasMethods(model, ["session"]) && isObject(valueAt(model, "capabilities"));
}

export function isRealtimeSession(session: unknown): session is llm.RealtimeSession {
  return hasMethods(session, ["generateReply", "prependListener", "on"]);
}

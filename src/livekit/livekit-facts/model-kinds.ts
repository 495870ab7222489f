import type { llm, stt, tts } from "@livekit/agents";
import { hasMethods, isObject, valueAt } from "./private-property.js";

/**
 * What a model is, told by what it does and not by LiveKit's classes: an application may have
 * another copy of them than TalkTrace.
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

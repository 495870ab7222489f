import type { stt, tts, voice } from "@livekit/agents";

/** `session.currentAgent` throws while there is none. */
export function currentAgentOf(session: voice.AgentSession): voice.Agent | undefined {
  try {
    return session.currentAgent;
  } catch {
    return undefined;
  }
}

export interface CurrentModels {
  stt: stt.STT | undefined;
  tts: tts.TTS | undefined;
  llm: voice.AgentSession["llm"];
}

/** The models in use: an agent's own go before the session's. */
export function currentModelsOf(session: voice.AgentSession): CurrentModels {
  const agent = currentAgentOf(session);
  return {
    stt: agent?.stt ?? session.stt,
    tts: agent?.tts ?? session.tts,
    llm: agent?.llm ?? session.llm,
  };
}

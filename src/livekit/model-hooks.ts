import type { llm, voice } from "@livekit/agents";
import { type AgentCodeListener, agentCodeHooks } from "./instrumentation/agent-nodes.js";
import type { AgentSpeech } from "./agent-speech/agent-speech.js";
import type { ObservedConversation } from "./conversation/observed-conversation.js";
import { currentAgentOf, currentModelsOf } from "./livekit-facts/session-models.js";
import { languageModelHooks } from "./instrumentation/llm.js";
import {
  type RealtimeListener,
  followRealtimeSession,
  realtimeHooks,
} from "./instrumentation/realtime.js";
import { followServiceSwitches } from "./conversation/service-switches.js";
import { type SpeechToTextListener, speechToTextHooks } from "./instrumentation/stt.js";
import { textToSpeechHooks } from "./instrumentation/tts.js";
import type { UserSpeech } from "./user-speech/user-speech.js";
import {
  isLanguageModel,
  isRealtimeModel,
  isRealtimeSession,
  isSpeechToText,
  isTextToSpeech,
} from "./livekit-facts/model-kinds.js";
import { valueAt } from "./livekit-facts/private-property.js";

/** Listens to a session's models, also after a handoff or `updateOptions()`. */
export interface FollowedModels {
  /** Listens to the models that are in use now. */
  refresh(): void;
  stop(): void;
}

export function hookModels(
  session: voice.AgentSession,
  owner: object,
  conversation: ObservedConversation,
  user: UserSpeech,
  agent: AgentSpeech,
): FollowedModels {
  const { guard, clock, plannedSpeeches } = conversation;
  const switches = followServiceSwitches(conversation, "stt");
  const code: AgentCodeListener = {
    guard,
    owner,
    onModelsChange: (models) => (isStopped ? undefined : follow(models)),
    onModelsChanged: () => refresh(),
    onTurnTaken: (text) => user.onTurnTaken(text),
    onSttNode() {
      followOwnModels();
      return user.onSttNode();
    },
    onLlmNode: () => agent.onLlmNode(),
    onTtsNode() {
      followOwnModels();
      return agent.onTtsNode();
    },
  };
  const sttListener: SpeechToTextListener = {
    guard,
    onSpeechEvent: user.onSpeechEvent,
    onAsked: switches.onAsked,
    onServed: switches.onServed,
  };
  const realtime: RealtimeListener = {
    guard,
    onUserSpeech(isSpeaking, itemId) {
      user.onServerSpeech(isSpeaking, itemId);
    },
    onTranscript({ itemId, turnStartedAt }) {
      const startedMs = turnStartedAt === undefined ? undefined : clock.fromWall(turnStartedAt);
      user.onServerTranscript(itemId, startedMs);
    },
    onAnswer({ isByItself, describe }) {
      const turn = isByItself ? user.onServerAnswer() : plannedSpeeches.takeAskedTurn();
      return agent.onRealtimeAnswer(describe, turn);
    },
  };
  let isStopped = false;

  /** Models in an agent's own properties count only if the agent's own nodes call them. */
  function followOwnModels(): void {
    for (const model of Object.values(currentAgentOf(session) ?? {}) as unknown[]) {
      if (isSpeechToText(model)) speechToTextHooks.attachInNodes(model, owner, sttListener);
      if (isTextToSpeech(model)) textToSpeechHooks.attachInNodes(model, owner, agent.textToSpeech);
    }
  }

  function follow(models: { stt?: unknown; tts?: unknown; llm?: unknown }): void {
    if (isSpeechToText(models.stt)) {
      switches.onFollowed(models.stt);
      speechToTextHooks.attach(models.stt, owner, sttListener);
    }
    if (isTextToSpeech(models.tts)) textToSpeechHooks.attach(models.tts, owner, agent.textToSpeech);
    if (isLanguageModel(models.llm)) {
      languageModelHooks.attach(models.llm, owner, agent.languageModel);
    }
    if (isRealtimeModel(models.llm)) {
      realtimeHooks.attach(models.llm, owner, realtime);
      const opened = openRealtimeSession(session);
      if (opened !== undefined)
        followRealtimeSession(opened, models.llm, realtime, () => !isStopped);
    }
  }

  function refresh(): void {
    if (isStopped) return;
    const speaker = currentAgentOf(session);
    follow(currentModelsOf(session));
    if (speaker !== undefined) agentCodeHooks.attach(speaker, owner, code);
  }

  return {
    refresh,
    stop() {
      isStopped = true;
      for (const hooks of [
        speechToTextHooks,
        textToSpeechHooks,
        languageModelHooks,
        realtimeHooks,
        agentCodeHooks,
      ])
        hooks.detach(owner);
    },
  };
}

/** The realtime session that was opened before we listened. LiveKit keeps it in a private property. */
function openRealtimeSession(session: voice.AgentSession): llm.RealtimeSession | undefined {
  const opened = valueAt(session, "_activity", "realtimeSession");
  return isRealtimeSession(opened) ? opened : undefined;
}

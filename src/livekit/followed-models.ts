import { llm, type stt, type tts, type voice } from "@livekit/agents";
import type { AgentSpeech } from "./agent-speech.js";
import { currentAgentOf, currentModelsOf } from "./current-models.js";
import type { Guard } from "./guard.js";
import { languageModelHooks } from "./language-model.js";
import { speechToTextHooks } from "./speech-to-text.js";
import { textToSpeechHooks } from "./text-to-speech.js";
import type { UserSpeech } from "./user-speech.js";

/** Keeps the models of a session followed, whichever agent has the word and whatever it changes. */
export interface FollowedModels {
  /** Follows the models that are in use now. */
  refresh(): void;
  stop(): void;
}

export function followModels(
  session: voice.AgentSession,
  owner: object,
  guard: Guard,
  user: UserSpeech,
  agent: AgentSpeech,
): FollowedModels {
  const withOptions = new WeakSet<voice.Agent>();
  let isStopped = false;

  function follow(models: { stt?: unknown; tts?: unknown; llm?: unknown }): void {
    if (isSpeechToText(models.stt)) {
      speechToTextHooks.attach(models.stt, owner, { guard, onSpeechEvent: user.onSpeechEvent });
    }
    if (isTextToSpeech(models.tts)) textToSpeechHooks.attach(models.tts, owner, agent.textToSpeech);
    if (models.llm instanceof llm.LLM) {
      languageModelHooks.attach(models.llm, owner, agent.languageModel);
    }
  }

  function refresh(): void {
    if (isStopped) return;
    const speaker = currentAgentOf(session);
    follow(currentModelsOf(session));
    if (speaker !== undefined && !withOptions.has(speaker)) followOptions(speaker);
  }

  /** An agent may exchange its models in mid-call; LiveKit opens their streams while it does. */
  function followOptions(speaker: voice.Agent): void {
    withOptions.add(speaker);
    const updateOptions = speaker.updateOptions.bind(speaker);
    speaker.updateOptions = async (options, ...rest) => {
      guard.run("followed a change of models", () =>
        isStopped ? undefined : follow(options ?? {}),
      );
      await updateOptions(options, ...rest);
      // A model that is given by its name exists only now.
      guard.run("followed a change of models", refresh);
    };
  }

  return {
    refresh,
    stop() {
      isStopped = true;
      for (const hooks of [speechToTextHooks, textToSpeechHooks, languageModelHooks])
        hooks.detach(owner);
    },
  };
}

function isSpeechToText(model: unknown): model is stt.STT {
  return hasMethods(model, ["stream", "recognize"]);
}

function isTextToSpeech(model: unknown): model is tts.TTS {
  return hasMethods(model, ["stream", "synthesize"]);
}

function hasMethods(model: unknown, names: readonly string[]): boolean {
  return (
    typeof model === "object" &&
    model !== null &&
    names.every((name) => typeof Reflect.get(model, name) === "function")
  );
}

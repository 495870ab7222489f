import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { followServiceSwitches } from "../conversation/service-switches.js";
import type { TextToSpeechListener, VoicedService } from "../instrumentation/tts.js";
import type { OpenSyntheses } from "./open-syntheses.js";
import { noteSynthesisInNode } from "./tts-node-run.js";

/**
 * Follows what a TTS gets and what it gives.
 *
 * @param voice the voice to record if the provider does not tell one
 */
export function createTtsListener(
  conversation: ObservedConversation,
  syntheses: OpenSyntheses,
  voice: string | undefined,
): TextToSpeechListener {
  const { guard, clock } = conversation;
  const switches = followServiceSwitches(conversation, "tts");
  const withVoice = (service: VoicedService): VoicedService => ({
    ...service,
    voice: service.voice ?? voice,
  });
  return {
    guard,
    clock,
    onSynthesis(origin, describe) {
      switches.onAsked(origin);
      const synthesis = syntheses.begin({ origin, describe: () => withVoice(describe()) });
      noteSynthesisInNode(synthesis);
      return {
        onText: synthesis.onText,
        onServed(model, service) {
          synthesis.onServed(model, withVoice(service));
          switches.onServed(origin, model, synthesis.id);
        },
        onAudio: synthesis.onAudio,
        onError(failure) {
          if (!synthesis.isEnded()) synthesis.onError(failure);
        },
        onEnd(isMarked) {
          if (isMarked) synthesis.onMarkedEnd();
          syntheses.end(synthesis);
        },
        onClose: () => syntheses.onClose(synthesis),
      };
    },
  };
}

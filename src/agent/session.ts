import { inference, voice } from "@livekit/agents";
import type { Models } from "./models.js";

/** The languages that the voice is switched between. */
const SPOKEN_LANGUAGES = ["en", "hi"];

/**
 * Makes a session that decides turns and interruptions by the bundled voice activity detection,
 * so it downloads no model. The voice follows the language that the caller spoke last.
 *
 * @param options replaces any of the choices made here
 */
export function createSession(
  models: Models,
  options: voice.AgentSessionOptions = {},
): voice.AgentSession {
  const session = new voice.AgentSession({
    ...models,
    vad: new inference.VAD({ model: "silero" }),
    turnHandling: { turnDetection: "vad", interruption: { mode: "vad" } },
    // Off, because with it a reply that is interrupted during its synthesis stalls for seconds.
    useTtsAlignedTranscript: false,
    ...options,
  });
  session.on(voice.AgentSessionEventTypes.UserInputTranscribed, ({ isFinal, language }) => {
    if (isFinal && language && SPOKEN_LANGUAGES.includes(language))
      models.tts.updateOptions({ language });
  });
  return session;
}

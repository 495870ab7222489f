import { inference, voice } from "@livekit/agents";
import type { Models } from "./models.js";

/** The languages between which the voice is switched. */
const SPOKEN_LANGUAGES = ["en", "hi"];

/**
 * Makes a session with the bundled voice activity detection for turns and interruptions, so that no
 * model is downloaded. The voice follows the language that the caller spoke last.
 *
 * @param options replace any of the choices made here
 */
export function createSession(
  models: Models,
  options: voice.AgentSessionOptions = {},
): voice.AgentSession {
  const session = new voice.AgentSession({
    ...models,
    vad: new inference.VAD({ model: "silero" }),
    turnHandling: { turnDetection: "vad", interruption: { mode: "vad" } },
    // It is off, because otherwise a reply that is interrupted during its synthesis stalls for seconds.
    useTtsAlignedTranscript: false,
    ...options,
  });
  session.on(voice.AgentSessionEventTypes.UserInputTranscribed, ({ isFinal, language }) => {
    if (isFinal && language && SPOKEN_LANGUAGES.includes(language))
      models.tts.updateOptions({ language });
  });
  return session;
}

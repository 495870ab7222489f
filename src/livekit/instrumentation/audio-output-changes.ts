import type { voice } from "@livekit/agents";
import type { Guard } from "./guard.js";
import { watchProperty } from "./watch-property.js";

/**
 * Tells of a session's audio output, now and whenever it is replaced: LiveKit sets it while the
 * session starts, wraps it to record it, and takes it away at the end. `previous` is the one that
 * another took the place of. Gives the way to stop.
 */
export function followOutputChanges(
  session: voice.AgentSession,
  guard: Guard,
  onOutput: (output: voice.AudioOutput | null, previous: voice.AudioOutput | undefined) => void,
): () => void {
  const { output } = session;
  let current: voice.AudioOutput | undefined;

  function note(next: voice.AudioOutput | null): void {
    const previous = next === current ? undefined : current;
    current = next ?? current;
    guard.run("saw another audio output", () => onOutput(next, previous));
  }

  note(output.audio);
  return watchProperty(output, "audio", (next) => note(next as voice.AudioOutput | null));
}

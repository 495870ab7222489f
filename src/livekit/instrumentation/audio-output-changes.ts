import type { voice } from "@livekit/agents";
import type { Guard } from "./guard.js";
import { watchProperty } from "./watch-property.js";

/**
 * Calls `onOutput` with the session's audio output, now and each time it changes. LiveKit sets it while
 * the session starts, wraps it to record it, and removes it at the end. `previous` is the output that
 * was replaced. Returns a function that stops this.
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

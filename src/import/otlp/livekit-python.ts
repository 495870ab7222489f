import type { LivekitDialect } from "./livekit-dialect.js";

/** Python's `livekit-agents`, from 1.2 on. Its delays are seconds. */
export const livekitPython: LivekitDialect = {
  name: "livekit_python",
  origin: "the spans of LiveKit's Python SDK (`livekit-agents` 1.2 and later)",
  recognizedBy: "the scope `livekit-agents`, and `telemetry.sdk.language` is `python`",
  kept: "words, also those of a reply that nobody heard; when each side spoke; who interrupted; tools; handoffs; the marks of each wait; tokens, characters and seconds of sound",
  missing:
    "word times, interim words, languages, voices, words of a realtime model's caller, the SDK's version",
  measuredBy: "livekit_python",
  delayUnitMs: 1000,
};

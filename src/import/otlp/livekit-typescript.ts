import type { LivekitDialect } from "./livekit-dialect.js";

/** `@livekit/agents` without TalkTrace. Its delays are milliseconds. */
export const livekitTypescript: LivekitDialect = {
  name: "livekit_typescript",
  origin: "the spans of LiveKit's TypeScript SDK (`@livekit/agents`) in an agent without TalkTrace",
  recognizedBy:
    "the scope `livekit-agents`, and `telemetry.sdk.language` is `nodejs` or the names of its metrics end in `Ms`",
  kept: "words, also those of a reply that nobody heard; when each side spoke; who interrupted; tools; the marks of each wait; tokens, characters and seconds of sound",
  missing:
    "word times, interim words, languages, voices, words of a realtime model's caller, the SDK's version. The words of a `say()` are only in the history of a later LLM request",
  measuredBy: "livekit_typescript",
  delayUnitMs: 1,
};

import type { metrics, voice } from "@livekit/agents";
import type { ModelUsage } from "../record/index.js";

/**
 * What the session's models were used for so far; undefined when for nothing. LiveKit counts per
 * provider and model, a request that was given up too.
 */
export function describeUsage(
  session: Pick<voice.AgentSession, "usage">,
): ModelUsage[] | undefined {
  const usage = session.usage.modelUsage.flatMap((used) => toModelUsage(used) ?? []);
  return usage.length === 0 ? undefined : usage;
}

/** LiveKit leaves out what is 0. Undefined for what is no model that hears, thinks or speaks. */
function toModelUsage(used: Partial<metrics.ModelUsage>): ModelUsage | undefined {
  const model = { provider: used.provider || "unknown", model: used.model || "unknown" };
  switch (used.type) {
    case "llm_usage":
      return { kind: "llm", ...model, ...tokensOf(used) };
    case "stt_usage":
      return { kind: "stt", ...model, ...tokensOf(used), ...audioOf(used) };
    case "tts_usage":
      return {
        kind: "tts",
        ...model,
        ...tokensOf(used),
        ...present("characters", used.charactersCount),
        ...audioOf(used),
      };
    case "interruption_usage":
    case "eot_usage":
    case undefined:
  }
  return undefined;
}

function tokensOf(used: {
  inputTokens?: number;
  inputCachedTokens?: number;
  outputTokens?: number;
}): Partial<ModelUsage> {
  return {
    ...present("input_tokens", used.inputTokens),
    ...present("cached_input_tokens", used.inputCachedTokens),
    ...present("output_tokens", used.outputTokens),
  };
}

function audioOf({ audioDurationMs }: { audioDurationMs?: number }): Partial<ModelUsage> {
  return present("audio_s", audioDurationMs && Math.round(audioDurationMs) / 1000);
}

function present(key: keyof ModelUsage, value: number | undefined): Partial<ModelUsage> {
  return value === undefined || !(value > 0) ? {} : { [key]: value };
}

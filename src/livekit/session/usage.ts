import type { metrics, voice } from "@livekit/agents";
import { SPAN } from "../../../otel/index.js";
import type { ModelUsage } from "../../record/index.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import { type LivekitFigures, roundToMillis } from "../livekit-facts/livekit-units.js";

/** Usage is written at most this often. A crash loses what came since. */
const WRITE_AFTER_MS = 30_000;

/**
 * Writes the usage of a session as it grows, so that it survives a crash of the process. Returns a
 * function that stops this.
 */
export function followUsage(
  session: voice.AgentSession,
  {
    spans,
    clock,
    guard,
    figures,
  }: Pick<ObservedConversation, "guard"> & {
    spans: Pick<ObservedConversation["spans"], "amendSession">;
    clock: Pick<ObservedConversation["clock"], "now">;
    figures: Pick<LivekitFigures, "length">;
  },
): () => void {
  let writtenMs = -Infinity;
  const note = () =>
    guard.run("noted the usage", () => {
      const nowMs = clock.now();
      if (nowMs - writtenMs < WRITE_AFTER_MS) return;
      const usage = describeUsage(session, figures);
      if (usage === undefined) return;
      writtenMs = nowMs;
      spans.amendSession(SPAN.sessionAmended, { usage }, nowMs);
    });
  const name = "session_usage_updated" as voice.AgentSessionEventTypes.SessionUsageUpdated;
  session.on(name, note);
  return () => session.off(name, note);
}

/**
 * What the session's models were used for so far; undefined if for nothing. LiveKit counts by provider
 * and model, and also counts requests that were given up.
 */
export function describeUsage(
  session: Pick<voice.AgentSession, "usage">,
  figures: Pick<LivekitFigures, "length">,
): ModelUsage[] | undefined {
  const usage = session.usage.modelUsage.flatMap((used) => toModelUsage(used, figures) ?? []);
  return usage.length === 0 ? undefined : usage;
}

/** LiveKit leaves out counts of 0. Returns undefined if the model is no LLM, STT or TTS. */
function toModelUsage(
  used: Partial<metrics.ModelUsage>,
  figures: Pick<LivekitFigures, "length">,
): ModelUsage | undefined {
  const model = { provider: used.provider || "unknown", model: used.model || "unknown" };
  switch (used.type) {
    case "llm_usage":
      return { kind: "llm", ...model, ...tokensOf(used) };
    case "stt_usage":
      return { kind: "stt", ...model, ...tokensOf(used), ...audioOf(used, figures) };
    case "tts_usage":
      return {
        kind: "tts",
        ...model,
        ...tokensOf(used),
        ...present("characters", used.charactersCount),
        ...audioOf(used, figures),
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

function audioOf(
  { audioDurationMs }: { audioDurationMs?: number },
  figures: Pick<LivekitFigures, "length">,
): Partial<ModelUsage> {
  if (audioDurationMs === undefined) return {};
  const lengthS = figures.length("model_usage.audioDurationMs", audioDurationMs);
  return present("audio_s", lengthS === undefined ? undefined : roundToMillis(lengthS));
}

function present(key: keyof ModelUsage, value: number | undefined): Partial<ModelUsage> {
  return value === undefined || !(value > 0) ? {} : { [key]: value };
}

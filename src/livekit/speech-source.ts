import type { SpeechService } from "../../otel/index.js";

/** What LiveKit's STT and TTS say of themselves. */
export interface LabelledModel {
  label?: string;
  provider?: string;
  model?: string;
}

/**
 * Names a speech service after its provider: `Deepgram` and `stt` give `deepgram_stt`. A plugin that
 * names no provider is called by its label's first part (`deepgram.STT`), else by its class.
 */
export function describeService(model: LabelledModel, kind: "stt" | "tts"): SpeechService {
  const provider = providerOf(model);
  return {
    source: `${provider}_${kind}`,
    provider,
    model: isKnown(model.model) ? model.model : undefined,
  };
}

function providerOf(model: LabelledModel): string {
  const label = model.label?.split(".")[0];
  const name = isKnown(model.provider)
    ? model.provider
    : isKnown(label)
      ? label
      : model.constructor.name;
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "") || "unknown"
  );
}

/** LiveKit's base classes say `unknown` where a plugin does not override them. */
function isKnown(name: string | undefined): name is string {
  return name !== undefined && name !== "" && name !== "unknown";
}

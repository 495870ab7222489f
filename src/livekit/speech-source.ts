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

/** Names a realtime model: `openai_realtime`. */
export function describeRealtime(model: object): SpeechService {
  const { provider, model: name } = model as LabelledModel;
  const source = providerOf({
    ...(provider === undefined ? {} : { provider }),
    label: model.constructor.name,
  });
  return {
    source: `${source}_realtime`,
    provider: source,
    model: isKnown(name) ? name : undefined,
  };
}

function providerOf(model: LabelledModel): string {
  const label = nameInLabel(model.label);
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

/**
 * The plugin in a label such as `deepgram.STT`, or the one inside an adapter's, such as
 * `tts.StreamAdapter<cartesia.TTS>`; an adapter that names none inside is called by its own name.
 */
function nameInLabel(label: string | undefined): string | undefined {
  const inner = /<(.+)>$/.exec(label ?? "")?.[1] ?? label;
  const [first, second] = inner?.split(".") ?? [];
  return first === "stt" || first === "tts" ? second?.replace(/(?<=[a-z])(?=[A-Z])/g, "_") : first;
}

/** LiveKit's base classes say `unknown` where a plugin does not override them. */
function isKnown(name: string | undefined): name is string {
  return name !== undefined && name !== "" && name !== "unknown";
}

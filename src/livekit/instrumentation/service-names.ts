import type { voice } from "@livekit/agents";
import type { SpeechService } from "../../../otel/index.js";
import { currentModelsOf, isHeardByModel } from "../livekit-facts/session-models.js";
import { resultOf, valueAt } from "../livekit-facts/private-property.js";
import { findNamesBehind, firstWithin, labelWithin } from "./adapters.js";

/** The names that LiveKit's STT and TTS classes give for themselves. */
export interface LabelledModel {
  label?: string;
  provider?: string;
  model?: string;
}

/** LiveKit Inference serves models of many providers, which it names `provider/model`. */
const INFERENCE_LABEL = /^inference\./;
const INFERENCE_GATEWAY = "livekit_inference";

/**
 * Names a speech service after its provider: `Deepgram` and `stt` give `deepgram_stt`.
 *
 * - A plugin without a provider is named by the first part of its label (`deepgram.STT`), else by its
 *   class.
 * - An adapter is named after the model that it would ask first.
 * - LiveKit Inference is named after the provider behind it.
 */
export function describeService(model: LabelledModel, kind: "stt" | "tts"): SpeechService {
  const first = firstWithin(model);
  if (first !== undefined) return describeService(first, kind);
  const behind = findNamesBehind(model);
  return describe(
    {
      provider: isKnown(behind?.provider) ? behind.provider : textAt(model, "provider"),
      label: textAt(model, "label"),
      model: isKnown(behind?.model) ? behind.model : textAt(model, "model"),
      className: classNameOf(model),
    },
    kind,
  );
}

/** Names a realtime model, e.g. `openai_realtime`. */
export function describeRealtime(model: object): SpeechService {
  return describe(
    {
      provider: textAt(model, "provider"),
      model: textAt(model, "model"),
      // `RealtimeModel.label()` is a method (`STT.label` is a string), and only helps when it names
      // the plugin.
      label: pluginLabel(resultOf(model, "label")),
      className: classNameOf(model),
    },
    "realtime",
  );
}

/** Plugins are foreign code, so a getter may throw or return something that is no text. */
function textAt(model: object, key: keyof LabelledModel): string | undefined {
  const text = valueAt(model, key);
  return typeof text === "string" ? text : undefined;
}

function classNameOf(model: object): string {
  const name = valueAt(model, "constructor", "name");
  return typeof name === "string" && name !== "" ? name : "unknown";
}

function pluginLabel(label: unknown): string | undefined {
  return typeof label === "string" && label.includes(".") ? label : undefined;
}

interface ModelNames {
  provider?: string | undefined;
  label?: string | undefined;
  model?: string | undefined;
  className: string;
}

function describe(names: ModelNames, kind: string): SpeechService {
  const model = isKnown(names.model) ? names.model : undefined;
  const inference = INFERENCE_LABEL.test(names.label ?? "")
    ? /^([^/]+)\/(.+)$/.exec(model ?? "")
    : null;
  if (inference !== null) {
    const [, provider = "", name] = inference;
    return {
      ...nameAfter(provider, kind),
      model: name,
      gateway: INFERENCE_GATEWAY,
    };
  }
  return { ...nameAfter(providerOf(names), kind), model };
}

function nameAfter(provider: string, kind: string): { source: string; provider: string } {
  const name =
    provider
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_|_$/g, "") || "unknown";
  return { source: `${name}_${kind}`, provider: name };
}

function providerOf({ provider, label, className }: ModelNames): string {
  const inLabel = nameInLabel(label);
  if (isKnown(provider)) {
    if (!isHost(provider)) return provider;
    const domain = nameInHost(provider);
    if (domain !== undefined) return domain;
  }
  if (isKnown(inLabel)) return inLabel;
  return className;
}

/** Plugins that work with any server give its host name in place of a provider. */
function isHost(provider: string): boolean {
  return /^(localhost|\[.*\]|[\w-]+(\.[\w-]+)+)(:\d+)?$/.test(provider);
}

/** `groq` for `api.groq.com`; undefined for an IP address. */
function nameInHost(host: string): string | undefined {
  const parts = host.replace(/:\d+$/, "").split(".");
  const domain = parts.at(-1);
  return parts.length > 1 && domain !== undefined && /^[a-z]+$/i.test(domain)
    ? parts.at(-2)
    : undefined;
}

/**
 * The plugin in a label such as `deepgram.STT`. For an adapter such as
 * `tts.StreamAdapter<cartesia.TTS>` it is the inner plugin, or the adapter's own name if there is none.
 */
function nameInLabel(label: string | undefined): string | undefined {
  const [first, second] = (labelWithin(label) ?? label)?.split(".") ?? [];
  return first === "stt" || first === "tts" ? second?.replace(/(?<=[a-z])(?=[A-Z])/g, "_") : first;
}

/** LiveKit's base classes say `unknown` if a plugin does not override them. */
function isKnown(name: string | undefined): name is string {
  return name !== undefined && name !== "" && name !== "unknown";
}

/**
 * The service whose transcripts LiveKit uses: a realtime model that hears the user, else the STT.
 *
 * @param itemId a realtime model's id of the transcript; an STT's transcript has none
 */
export function describeSpeechToText(
  session: voice.AgentSession,
  itemId?: string | null,
): SpeechService {
  const { stt: ears, llm: model } = currentModelsOf(session);
  const isOfModel = isHeardByModel(session) || Boolean(itemId);
  if (ears !== undefined && !isOfModel) return describeService(ears, "stt");
  return model === undefined ? { source: "unknown_stt" } : describeRealtime(model);
}

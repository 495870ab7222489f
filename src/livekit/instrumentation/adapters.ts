import type { EventEmitter } from "node:events";
import { isObject, valueAt } from "../livekit-facts/private-property.js";
import { currentContext } from "./call-context.js";
import type { Guard } from "./guard.js";
import { wrapMethod } from "./wrap-method.js";
import { messageOf } from "../../platform/message-of.js";

/**
 * LiveKit's adapters stand between a session and the models that serve it:
 *
 * - A `FallbackAdapter` chooses among several models.
 * - A `StreamAdapter` makes a stream from a model that has none.
 */

interface MetricsMetadata {
  modelProvider?: string;
  modelName?: string;
}

/** What a `FallbackAdapter` tells about one of its models. */
interface ModelStatus {
  available: boolean;
}

/** The models that a `FallbackAdapter` chooses from, in its order; empty for everything else. */
export function modelsWithin(model: object): readonly object[] {
  const models = valueAt(model, "ttsInstances") ?? valueAt(model, "sttInstances");
  return Array.isArray(models) ? models.filter(isObject) : [];
}

/** The model that a `FallbackAdapter` would ask first now. */
export function firstWithin(model: object): object | undefined {
  const models = modelsWithin(model);
  const statuses = valueAt(model, "status");
  const isAvailable = (_: object, index: number): boolean =>
    !Array.isArray(statuses) || (statuses[index] as ModelStatus | undefined)?.available !== false;
  return models.find(isAvailable) ?? models[0];
}

/** The label of the model in a label such as `tts.StreamAdapter<cartesia.TTS>`. */
export function labelWithin(label: unknown): string | undefined {
  if (typeof label !== "string" || !label.endsWith(">")) return undefined;
  const start = label.indexOf("<") + 1;
  return start > 0 && start < label.length - 1 ? label.slice(start, -1) : undefined;
}

/**
 * Whether another model may do the work of this one. Which model it is may be known only from its
 * result.
 */
export function isAdapter(model: object): boolean {
  return modelsWithin(model).length > 0 || labelWithin(valueAt(model, "label")) !== undefined;
}

/** Whether `model` works for an adapter now. Then the adapter's own events tell what it does. */
export function worksForAdapter(model: object): boolean {
  const adapter = currentContext().modelCall?.model;
  if (adapter === undefined || adapter === model) return false;
  const within = labelWithin(valueAt(adapter, "label"));
  return (
    modelsWithin(adapter).includes(model) ||
    (within !== undefined && within === valueAt(model, "label"))
  );
}

/** Whether a model works now for another recording than the one of `guard`. */
export function isCalledByAnother(model: object, guard: Guard): boolean {
  const { modelCall } = currentContext();
  if (modelCall === undefined || modelCall.guard === guard) return false;
  return modelCall.model === model || worksForAdapter(model);
}

/** The key on audio and transcripts that names the model behind an adapter. LiveKit copies it along. */
const SERVED_BY = Symbol("talktrace.served_by");

/** Notes which model gave a piece of audio or a transcript, before an adapter passes it on as its own. */
export function markServed(piece: object, model: object): void {
  if (servedBy(piece) === undefined) Reflect.set(piece, SERVED_BY, model);
}

/** The model that gave a piece, if it came through a `FallbackAdapter`. */
export function servedBy(piece: unknown): object | undefined {
  return isObject(piece) ? (Reflect.get(piece, SERVED_BY) as object | undefined) : undefined;
}

/** The names of the model behind an adapter. */
export interface NamesBehind {
  provider?: string;
  model?: string;
}

const namesBehind = new WeakMap<object, NamesBehind>();

/**
 * The names of the model that a `StreamAdapter` hides. They are known once the model has done some
 * work.
 */
export function findNamesBehind(adapter: object): NamesBehind | undefined {
  return namesBehind.get(adapter);
}

/** Why a model failed last, and in whose recording, until somebody asks. */
const failures = new WeakMap<object, { message: string; guard: Guard | undefined }>();
/** Which model failed, by error event. Adapters pass such an event on as their own. */
const failedModels = new WeakMap<object, object>();

/**
 * Follows the models behind an adapter: marks the pieces they give, and remembers why they failed.
 * `opened` names the methods that open a source of audio or transcripts. Returns a function that ends
 * this and leaves nothing on the models.
 */
export function followModelsBehind(
  adapter: EventEmitter & { label?: string },
  opened: readonly ("stream" | "recognize" | "synthesize")[],
  guard: Guard,
): () => void {
  const undoing: (() => void)[] = [];
  if (labelWithin(valueAt(adapter, "label")) !== undefined) {
    // LiveKit emits metrics after each piece of work, and they name the model.
    const listen = (event: { metadata?: MetricsMetadata }): void =>
      guard.run("saw who serves", () => noteNames(adapter, event.metadata));
    adapter.on("metrics_collected", listen);
    undoing.push(() => adapter.off("metrics_collected", listen));
  }
  for (const model of modelsWithin(adapter) as Opening[]) {
    undoing.push(followModelsBehind(model, opened, guard));
    for (const name of opened) {
      const unwrap = wrapMethod(model, name, guard, "saw who serves", () => ({
        onResult: (stream) => markWhatComes(stream, model, guard),
      }));
      undoing.push(unwrap);
    }
    // Node throws an `error` event that nobody listens to, and a listener of ours would hide it.
    const unwrap = wrapMethod(model, "emit", guard, "saw a model fail", (name, event) => {
      if (name !== "error") return;
      const { modelCall } = currentContext();
      failures.set(model, { message: failureOf(event), guard: modelCall?.guard });
      if (isObject(event)) failedModels.set(event, model);
    });
    undoing.push(unwrap);
  }
  return () => undoing.forEach((undo) => undo());
}

/** A model of an adapter. An STT and a TTS each have some of these methods. */
type Opening = EventEmitter & {
  label?: string;
  stream(): unknown;
  recognize(): unknown;
  synthesize(): unknown;
  emit(name: string, event: unknown): boolean;
};

function noteNames(adapter: object, metadata: MetricsMetadata | undefined): void {
  namesBehind.set(adapter, {
    ...(metadata?.modelProvider === undefined ? {} : { provider: metadata.modelProvider }),
    ...(metadata?.modelName === undefined ? {} : { model: metadata.modelName }),
  });
}

/** Why a model of an adapter failed last in the recording of `guard`. Each failure is returned once. */
export function takeFailure(model: object, guard: Guard): string | undefined {
  const failure = failures.get(model);
  if (failure?.guard !== guard) return undefined;
  failures.delete(model);
  return failure.message;
}

/** The model behind an adapter that an error event is about. */
export function failedModel(event: object): object | undefined {
  return failedModels.get(event);
}

function markWhatComes(stream: unknown, model: object, guard: Guard): void {
  if (!isObject(stream)) return;
  const reader = stream as { next(): Promise<IteratorResult<unknown>> };
  wrapMethod(reader, "next", guard, "saw who serves", () => ({
    onResult({ value }) {
      if (isObject(value)) markServed(value, model);
    },
  }));
}

function failureOf(event: unknown): string {
  return messageOf(isObject(event) ? valueAt(event, "error") : event);
}

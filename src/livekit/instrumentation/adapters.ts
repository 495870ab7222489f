import type { EventEmitter } from "node:events";
import { isObject, valueAt } from "../livekit-facts/private-property.js";
import { currentContext } from "./call-context.js";
import type { Guard } from "./guard.js";
import { wrapMethod } from "./wrap-method.js";
import { messageOf } from "../../platform/message-of.js";

/**
 * LiveKit's adapters stand between a session and the models that serve it: a `FallbackAdapter`
 * chooses among several, a `StreamAdapter` makes a stream of one that has none.
 */

interface MetricsMetadata {
  modelProvider?: string;
  modelName?: string;
}

/** What a `FallbackAdapter` tells of one of its models. */
interface ModelStatus {
  available: boolean;
}

/** The models that a `FallbackAdapter` chooses from, in its order; empty for everything else. */
export function modelsWithin(model: object): readonly object[] {
  const models = valueAt(model, "ttsInstances") ?? valueAt(model, "sttInstances");
  return Array.isArray(models) ? models.filter(isObject) : [];
}

/** The model that a `FallbackAdapter` will ask first, as things stand. */
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

/** Whether what the model serves comes from another one, which may be known only once it came. */
export function isAdapter(model: object): boolean {
  return modelsWithin(model).length > 0 || labelWithin(valueAt(model, "label")) !== undefined;
}

/** Whether `model` works for an adapter now, so that what it does is told of by the adapter already. */
export function worksForAdapter(model: object): boolean {
  const adapter = currentContext().modelCall?.model;
  if (adapter === undefined || adapter === model) return false;
  const within = labelWithin(valueAt(adapter, "label"));
  return (
    modelsWithin(adapter).includes(model) ||
    (within !== undefined && within === valueAt(model, "label"))
  );
}

/** Whether a model does something now for another one than the recording that has the guard. */
export function isCalledByAnother(model: object, guard: Guard): boolean {
  const { modelCall } = currentContext();
  if (modelCall === undefined || modelCall.guard === guard) return false;
  return modelCall.model === model || worksForAdapter(model);
}

/** On what a model of an adapter gives: the model. LiveKit copies it along where it copies. */
const SERVED_BY = Symbol("talktrace.served_by");

/** Notes who gave a piece of audio or a transcript, before an adapter passes it on as its own. */
export function markServed(piece: object, model: object): void {
  if (servedBy(piece) === undefined) Reflect.set(piece, SERVED_BY, model);
}

/** The model that gave it, where it came through an adapter that could choose. */
export function servedBy(piece: unknown): object | undefined {
  return isObject(piece) ? (Reflect.get(piece, SERVED_BY) as object | undefined) : undefined;
}

/** What the model behind an adapter calls itself. */
export interface NamesBehind {
  provider?: string;
  model?: string;
}

const namesBehind = new WeakMap<object, NamesBehind>();

/** The names of the model that a `StreamAdapter` keeps to itself, once it has done some work. */
export function findNamesBehind(adapter: object): NamesBehind | undefined {
  return namesBehind.get(adapter);
}

/** Why a model failed last, and in whose recording, as long as nobody has asked. */
const failures = new WeakMap<object, { message: string; guard: Guard | undefined }>();
/** Whose failure an event tells of: adapters pass it on as their own. */
const failedModels = new WeakMap<object, object>();

/**
 * Follows the models behind an adapter: marks what those give that it chooses from, and remembers
 * why they failed. `opened` names the methods that open what audio or transcripts are read from.
 * Gives what ends it, which leaves nothing on them.
 */
export function followModelsBehind(
  adapter: EventEmitter & { label?: string },
  opened: readonly ("stream" | "recognize" | "synthesize")[],
  guard: Guard,
): () => void {
  const undoing: (() => void)[] = [];
  if (labelWithin(valueAt(adapter, "label")) !== undefined) {
    // LiveKit hands out metrics with each piece of work that is done, and they name the model.
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
    // A listener would keep Node from complaining of an error that nobody listens for.
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

/** A model of an adapter, with the methods that one kind or the other has. */
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

/** Why a model of an adapter failed last in the recording that has the guard; told once. */
export function takeFailure(model: object, guard: Guard): string | undefined {
  const failure = failures.get(model);
  if (failure?.guard !== guard) return undefined;
  failures.delete(model);
  return failure.message;
}

/** The model behind an adapter that an error event tells of. */
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

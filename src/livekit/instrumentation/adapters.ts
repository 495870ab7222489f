import type { EventEmitter } from "node:events";
import type { Guard } from "./guard.js";
import { currentModelCall } from "./call-context.js";

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
  const models: unknown = Reflect.get(model, "ttsInstances") ?? Reflect.get(model, "sttInstances");
  return Array.isArray(models)
    ? models.filter((each): each is object => typeof each === "object" && each !== null)
    : [];
}

/** The model that a `FallbackAdapter` will ask first, as things stand. */
export function firstWithin(model: object): object | undefined {
  const models = modelsWithin(model);
  const statuses: unknown = Reflect.get(model, "status");
  const isAvailable = (_: object, index: number): boolean =>
    !Array.isArray(statuses) || (statuses[index] as ModelStatus | undefined)?.available !== false;
  return models.find(isAvailable) ?? models[0];
}

/** The label of the model in a label such as `tts.StreamAdapter<cartesia.TTS>`. */
export function labelWithin(label: unknown): string | undefined {
  return typeof label === "string" ? /<(.+)>$/.exec(label)?.[1] : undefined;
}

/** Whether what the model serves comes from another one, which may be known only once it came. */
export function isAdapter(model: { label?: string }): boolean {
  return modelsWithin(model).length > 0 || labelWithin(model.label) !== undefined;
}

/** Whether `model` works for an adapter now, so that what it does is told of by the adapter already. */
export function worksForAdapter(model: { label?: string }): boolean {
  const adapter = currentModelCall()?.model;
  if (adapter === undefined || adapter === model) return false;
  const within = labelWithin(Reflect.get(adapter, "label"));
  return modelsWithin(adapter).includes(model) || (within !== undefined && within === model.label);
}

/** Whether a model does something now for another one than the recording that has the guard. */
export function isCalledByAnother(model: object, guard: Guard): boolean {
  const call = currentModelCall();
  if (call === undefined || call.guard === guard) return false;
  return call.model === model || worksForAdapter(model);
}

/** On what a model of an adapter gives: the model. LiveKit copies it along where it copies. */
const SERVED_BY = Symbol("talktrace.served_by");

/** Notes who gave a piece of audio or a transcript, before an adapter passes it on as its own. */
export function markServed(piece: object, model: object): void {
  if (servedBy(piece) === undefined) Reflect.set(piece, SERVED_BY, model);
}

/** The model that gave it, where it came through an adapter that could choose. */
export function servedBy(piece: object): object | undefined {
  return Reflect.get(piece, SERVED_BY) as object | undefined;
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

const followed = new WeakSet<object>();
/** Why a model failed last, and in whose recording, as long as nobody has asked. */
const failures = new WeakMap<object, { message: string; guard: Guard | undefined }>();
/** Whose failure an event tells of: adapters pass it on as their own. */
const failedModels = new WeakMap<object, object>();

/**
 * Follows the models behind an adapter: marks what those give that it chooses from, and remembers
 * why they failed. `opened` names the methods that open what audio or transcripts are read from.
 */
export function followModelsBehind(
  adapter: EventEmitter & { label?: string },
  opened: readonly string[],
): void {
  if (labelWithin(adapter.label) !== undefined) {
    // LiveKit hands out metrics with each piece of work that is done, and they name the model.
    adapter.on("metrics_collected", ({ metadata }: { metadata?: MetricsMetadata }) => {
      namesBehind.set(adapter, {
        ...(metadata?.modelProvider === undefined ? {} : { provider: metadata.modelProvider }),
        ...(metadata?.modelName === undefined ? {} : { model: metadata.modelName }),
      });
    });
  }
  for (const model of modelsWithin(adapter)) {
    if (followed.has(model)) continue;
    followed.add(model);
    followModelsBehind(model as EventEmitter, opened);
    for (const name of opened) wrapMethod(model, name, (stream) => markWhatComes(stream, model));
    // A listener would keep Node from complaining of an error that nobody listens for.
    wrapMethod(model, "emit", undefined, ([name, event]) => {
      if (name !== "error") return;
      failures.set(model, { message: messageOf(event), guard: currentModelCall()?.guard });
      if (typeof event === "object" && event !== null) failedModels.set(event, model);
    });
  }
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

function markWhatComes(stream: unknown, model: object): void {
  if (typeof stream !== "object" || stream === null) return;
  wrapMethod(stream, "next", (coming) => {
    // Marked before whoever awaits it goes on.
    (coming as Promise<IteratorResult<unknown>>).then(
      ({ value }) => {
        if (typeof value === "object" && value !== null) markServed(value, model);
      },
      () => undefined,
    );
  });
}

function wrapMethod(
  target: object,
  name: string,
  onResult?: (result: unknown) => void,
  onCall?: (args: unknown[]) => void,
): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== "function") return;
  Reflect.set(target, name, (...args: unknown[]): unknown => {
    attempt(() => onCall?.(args));
    const result: unknown = Reflect.apply(method, target, args);
    attempt(() => onResult?.(result));
    return result;
  });
}

/** What is lost if it fails is who served; the agent must not notice. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // The record then names the adapter's first model.
  }
}

function messageOf(event: unknown): string {
  const error: unknown =
    typeof event === "object" && event !== null ? Reflect.get(event, "error") : event;
  return error instanceof Error ? error.message : String(error);
}

import { AsyncLocalStorage } from "node:async_hooks";
import type { Guard } from "./guard.js";

/** One call of a model: an STT, a TTS or an LLM. Sessions may share models, but no calls. */
export interface ModelCall {
  model: object;
  /** Of the recording that the call belongs to, each of which has one; undefined where none has. */
  guard: Guard | undefined;
  /** The model tells of a failure, which LiveKit does by the model and not by the call. */
  onError?: (failure: ModelFailure) => void;
}

export interface ModelFailure {
  message: string;
  /** The one that failed, where that is one behind an adapter. */
  model: object | undefined;
  /** Nobody will try again. */
  isFinal: boolean;
}

const current = new AsyncLocalStorage<ModelCall>();

/** Opens what a model is asked for, so that all that it does for it is known as part of the call. */
export function runModelCall<T>(call: ModelCall, open: () => T): T {
  return current.run(call, open);
}

/** The call whose work is being done. */
export function currentModelCall(): ModelCall | undefined {
  return current.getStore();
}

import { AsyncLocalStorage } from "node:async_hooks";
import type { Guard } from "./guard.js";

/** For whom the current code runs, as the methods that we wrapped have told. */
export interface CallContext {
  /** The session whose code runs. */
  owner?: object;
  /** The code is a node of the session's agent. A node may call a model with any options, or none. */
  isNode?: boolean;
  /** The call of a model that the code works for. */
  modelCall?: ModelCall;
  /** `say()` began it, so the agent's own code wrote the text, and no LLM did. */
  isSay?: boolean;
  /** The run of the agent's own `sttNode` that the code is part of. */
  sttNode?: { onRawTranscript(transcript: RawTranscript): void };
  /** The run of the agent's own `ttsNode` that the code is part of. */
  ttsNode?: { onSynthesis(synthesis: NodeSynthesis): void };
}

/** A transcript as a service gave it to the agent's own `sttNode`. `id` is its message's id. */
export interface RawTranscript {
  id: string;
  text: string;
}

/** A synthesis that a TTS began for a node. */
export interface NodeSynthesis {
  /** Seconds of audio that it has given. */
  readonly audioS: number;
  isEnded(): boolean;
}

/** One call of a model: an STT, a TTS or an LLM. Sessions may share models, but no calls. */
export interface ModelCall {
  model: object;
  /** The guard of the recording that the call belongs to; undefined if no recording has the call. */
  guard: Guard | undefined;
  /** The model tells of a failure. LiveKit tells it for the model, and not for the call. */
  onError?(failure: ModelFailure): void;
}

export interface ModelFailure {
  message: string;
  /** The model that failed, if it is one behind an adapter. */
  model: object | undefined;
  /** Nobody will retry. */
  isFinal: boolean;
}

const storage = new AsyncLocalStorage<CallContext>();
const OUTSIDE: CallContext = {};

/** For whom the current code runs; empty outside everything that we wrapped. */
export function currentContext(): CallContext {
  return storage.getStore() ?? OUTSIDE;
}

/** Runs `work` in the current context, with the fields of `more` added. */
export function runInContext<Result>(more: CallContext, work: () => Result): Result {
  return storage.run({ ...storage.getStore(), ...more }, work);
}

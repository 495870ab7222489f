import { AsyncLocalStorage } from "node:async_hooks";
import type { Guard } from "./guard.js";

/** What the code that runs now runs for, as far as methods that we wrapped have told. */
export interface CallContext {
  /** The session whose code it is. */
  owner?: object;
  /** It is a node of the session's agent, which may give a model any options, or none. */
  isNode?: boolean;
  /** The call of a model whose work it does. */
  modelCall?: ModelCall;
  /** `say()` began it: what is synthesised is the agent's own code's, and no LLM's. */
  isSay?: boolean;
  /** The run of the agent's own `sttNode` that it is part of. */
  sttNode?: { onRawTranscript(transcript: RawTranscript): void };
  /** The run of the agent's own `ttsNode` that it is part of. */
  ttsNode?: { onSynthesis(synthesis: NodeSynthesis): void };
}

/** A transcript as a service gave it to a node. */
export interface RawTranscript {
  id: string;
  text: string;
}

/** A synthesis that a TTS began for a node. */
export interface NodeSynthesis {
  /** How much audio it has given. */
  readonly audioS: number;
  isEnded(): boolean;
}

/** One call of a model: an STT, a TTS or an LLM. Sessions may share models, but no calls. */
export interface ModelCall {
  model: object;
  /** Of the recording that the call belongs to, each of which has one; undefined where none has. */
  guard: Guard | undefined;
  /** The model tells of a failure, which LiveKit does by the model and not by the call. */
  onError?(failure: ModelFailure): void;
}

export interface ModelFailure {
  message: string;
  /** The one that failed, where that is one behind an adapter. */
  model: object | undefined;
  /** Nobody will try again. */
  isFinal: boolean;
}

const storage = new AsyncLocalStorage<CallContext>();
const OUTSIDE: CallContext = {};

/** What the code that runs now runs for; empty outside all that we wrapped. */
export function currentContext(): CallContext {
  return storage.getStore() ?? OUTSIDE;
}

/** Runs `work` for what is given, and for what the code that runs now runs for beyond that. */
export function runInContext<Result>(more: CallContext, work: () => Result): Result {
  return storage.run({ ...storage.getStore(), ...more }, work);
}

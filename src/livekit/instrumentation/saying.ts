import { AsyncLocalStorage } from "node:async_hooks";

/** Whether the code that runs now was begun by `say()`, and not by a call for a reply. */
const saying = new AsyncLocalStorage<boolean>();

/** Runs `say()`: what is synthesised from there on is the agent's own code's, and no LLM's. */
export function runSay<T>(work: () => T): T {
  return saying.run(true, work);
}

/** Runs a call that asks an LLM, wherever it was made. */
export function runReply<T>(work: () => T): T {
  return saying.run(false, work);
}

/** Whether what begins now is spoken for `say()`. */
export function isSaying(): boolean {
  return saying.getStore() === true;
}

import { AsyncLocalStorage } from "node:async_hooks";
import type { Context, ContextManager } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { readPackageVersion } from "../../src/record/index.js";
import { findGlobal } from "./find-global.js";

/** Set while work of ours runs, also where nobody has registered a context manager. */
const ownWork = new AsyncLocalStorage<true>();

/**
 * Runs work of our own without a trace. With HTTP or file instrumentation a request or a file that
 * we write would be a span, which we would have to write and send in turn, without end. What the
 * work starts later (promises, timers) is without a trace as well.
 *
 * It takes the context manager that is registered, whichever version of `@opentelemetry/api` did
 * that: our own copy of the API does not use the manager of another version.
 */
export function withoutTracing<T>(work: () => T): T {
  const manager = findGlobal()?.context as ContextManager | undefined;
  if (manager === undefined) return ownWork.run(true, work);
  const suppressed: Context = suppressTracing(manager.active());
  return ownWork.run(true, () => manager.with(suppressed, work));
}

/** Whether the code that runs now is TalkTrace's own work, so that no span is to be made of it. */
export function isOwnWork(): boolean {
  return ownWork.getStore() === true;
}

let ownVersion: string | undefined;

/** TalkTrace's version, read once: reading it is file work of our own. */
export function readOwnVersion(): string {
  ownVersion ??= withoutTracing(readPackageVersion);
  return ownVersion;
}

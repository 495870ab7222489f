import { AsyncLocalStorage } from "node:async_hooks";
import type { Context, ContextManager } from "@opentelemetry/api";
import { suppressTracing } from "@opentelemetry/core";
import { readPackageVersion } from "../../src/record/index.js";
import { findGlobal } from "./find-global.js";

/** Set while our own work runs, even if nobody has registered a context manager. */
const ownWork = new AsyncLocalStorage<true>();

/**
 * Runs our own work without a trace. With HTTP or file instrumentation each of our requests and files
 * would be a span, which we would have to send in turn, without end. Promises and timers that the work
 * starts are not traced either.
 *
 * It uses the registered context manager, whichever version of `@opentelemetry/api` registered it. Our
 * own copy of the API does not use another version's manager.
 */
export function withoutTracing<T>(work: () => T): T {
  const manager = findGlobal()?.context as ContextManager | undefined;
  if (manager === undefined) return ownWork.run(true, work);
  const suppressed: Context = suppressTracing(manager.active());
  return ownWork.run(true, () => manager.with(suppressed, work));
}

/** Whether the current code is TalkTrace's own work, which must not make spans. */
export function isOwnWork(): boolean {
  return ownWork.getStore() === true;
}

let ownVersion: string | undefined;

/** TalkTrace's version. It is read once, because reading it is file work of our own. */
export function readOwnVersion(): string {
  ownVersion ??= withoutTracing(readPackageVersion);
  return ownVersion;
}

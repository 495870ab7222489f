import { isTracingSuppressed } from "@opentelemetry/core";
import { type ContextManager, ROOT_CONTEXT } from "@opentelemetry/api";

type Functions = { [name: string]: unknown };

/** A call that a file or HTTP instrumentation would make a span of: its name and who made it. */
export type TracedCall = string;

const API_GLOBAL = Symbol.for("opentelemetry.js.api.1");
/** TalkTrace's own code, as a stack names it. */
const OWN_CODE = /\/(?:src|otel)\/(?!.*node_modules)[\w/.-]+\.[jt]s/;

/**
 * Wraps every function of files and of HTTP, as an instrumentation does, and notes the calls by
 * TalkTrace's code in whose context tracing goes on. The result takes the wrappers away.
 */
export function watchTracedCalls(calls: TracedCall[]): () => void {
  const fs = process.getBuiltinModule("node:fs");
  const http = process.getBuiltinModule("node:http");
  const stops = [
    wrapFunctions("fs", fs, calls),
    wrapFunctions("fs.promises", fs.promises, calls),
    wrapFunctions("http", http, calls),
  ];
  const { syncBuiltinESMExports } = process.getBuiltinModule("node:module");
  syncBuiltinESMExports();
  return () => {
    for (const stop of stops) stop();
    syncBuiltinESMExports();
  };
}

function wrapFunctions(module: string, exported: object, calls: TracedCall[]): () => void {
  const functions = exported as Functions;
  const originals = Object.entries(functions).filter(
    ([name, value]) => typeof value === "function" && /^[a-z]/.test(name),
  ) as [string, (...args: unknown[]) => unknown][];
  for (const [name, original] of originals) {
    const wrapper = function (this: unknown, ...args: unknown[]): unknown {
      note(`${module}.${name}`, calls);
      return Reflect.apply(original, this, args);
    };
    Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(original));
    functions[name] = wrapper;
  }
  return () => Object.assign(functions, Object.fromEntries(originals));
}

function note(name: string, calls: TracedCall[]): void {
  const found = (globalThis as { [key: symbol]: { context?: ContextManager } | undefined })[
    API_GLOBAL
  ];
  // Without a context manager there is no instrumentation that could be told.
  if (found?.context === undefined) return;
  if (isTracingSuppressed(found.context.active() ?? ROOT_CONTEXT)) return;
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 12;
  const stack = new Error(name).stack?.split("\n").slice(3) ?? [];
  Error.stackTraceLimit = before;
  const caller = stack.find((line) => OWN_CODE.test(line) && !line.includes("/test/"));
  if (caller !== undefined) calls.push(`${name} ${caller.trim()}`);
}

/** The key under which every copy of `@opentelemetry/api` 1.x keeps what was registered. */
const GLOBAL_KEY = Symbol.for("opentelemetry.js.api.1");

interface ApiGlobal {
  version?: string;
  diag?: unknown;
  context?: unknown;
}

/** What was registered with any copy of the API; undefined if nothing was. */
export function findGlobal(): ApiGlobal | undefined {
  return (globalThis as { [key: symbol]: ApiGlobal | undefined })[GLOBAL_KEY];
}

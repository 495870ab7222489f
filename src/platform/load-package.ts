import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/**
 * Loads one of our CommonJS dependencies when it is first needed, so that other processes do not pay
 * for it.
 *
 * @throws {Error} if it is not installed
 */
export function loadPackage(name: string): unknown {
  return load(name) as unknown;
}

/** Like `loadPackage()` for an optional package: undefined if it is not installed. */
export function loadOptionalPackage(name: string): unknown {
  try {
    load.resolve(name);
  } catch {
    return undefined;
  }
  return loadPackage(name);
}

import { createRequire } from "node:module";

const load = createRequire(import.meta.url);

/**
 * Loads a CommonJS package of ours when it is first needed, so that a process that does not need it
 * does not pay for it.
 *
 * @throws {Error} where it is not installed
 */
export function loadPackage(name: string): unknown {
  return load(name) as unknown;
}

/** As `loadPackage()`, of a package that need not be installed: undefined where it is not. */
export function loadOptionalPackage(name: string): unknown {
  try {
    load.resolve(name);
  } catch {
    return undefined;
  }
  return loadPackage(name);
}

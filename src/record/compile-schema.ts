import type { ValidateFunction } from "ajv";
import { loadPackage } from "../platform/load-package.js";
import { readPackageFile } from "./package-files.js";

/**
 * The check of a published schema, e.g. `docs/conversation.schema.json`. Ajv is loaded only here,
 * because a command that reads an index or prints its help checks nothing.
 */
export function compileSchema<T>(file: string): ValidateFunction<T> {
  const { Ajv } = loadPackage("ajv") as typeof import("ajv");
  return new Ajv({ strict: false }).compile<T>(JSON.parse(readPackageFile(file)));
}

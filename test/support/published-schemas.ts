import path from "node:path";
import { createGenerator } from "ts-json-schema-generator";

const repository = path.resolve(import.meta.dirname, "../..");

/**
 * The JSON Schema of a type, as the types give it, ready to be written. Keys that no type knows are accepted, since a
 * later version may write them, unless `additionalProperties` is false.
 */
export function buildSchema(
  file: string,
  type: string,
  $id: string,
  title: string,
  additionalProperties = true,
): string {
  const schema = createGenerator({
    path: path.join(repository, file),
    tsconfig: path.join(repository, "tsconfig.json"),
    type,
    topRef: false,
    additionalProperties,
    skipTypeCheck: true,
  }).createSchema(type);
  const { $schema, definitions, ...rest } = schema;
  return `${JSON.stringify({ $schema, $id, title, ...rest, definitions }, undefined, 2)}\n`;
}

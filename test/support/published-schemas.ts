import path from "node:path";
import { createGenerator } from "ts-json-schema-generator";

const repository = path.resolve(import.meta.dirname, "../..");

/** The JSON Schema of a type, as the types give it, ready to be written. */
export function buildSchema(file: string, type: string, $id: string, title: string): string {
  const schema = createGenerator({
    path: path.join(repository, file),
    tsconfig: path.join(repository, "tsconfig.json"),
    type,
    topRef: false,
    // A reader accepts keys that a later, additive version wrote.
    additionalProperties: true,
    skipTypeCheck: true,
  }).createSchema(type);
  const { $schema, definitions, ...rest } = schema;
  return `${JSON.stringify({ $schema, $id, title, ...rest, definitions }, undefined, 2)}\n`;
}

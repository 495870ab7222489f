import path from "node:path";
import {
  type CompletedConfig,
  DEFAULT_CONFIG,
  SchemaGenerator,
  createFormatter,
  createParser,
  createProgram,
} from "ts-json-schema-generator";

const repository = path.resolve(import.meta.dirname, "../..");
/** Where the types of the published schemas are. */
const FILES = [
  "src/cli/json-answers.ts",
  "src/config/config.ts",
  "src/record/conversation.ts",
  "src/record/sidecar.ts",
];

const CONFIG = {
  ...DEFAULT_CONFIG,
  path: path.join(repository, `{${FILES.join(",")}}`),
  tsconfig: path.join(repository, "tsconfig.json"),
  topRef: false,
  skipTypeCheck: true,
};
/** One for all schemas, because reading the sources takes nearly all of the time. */
let program: ReturnType<typeof createProgram> | undefined;

/**
 * The JSON Schema of a type, as the types give it, ready to be written. Keys that no type knows are accepted, since a
 * later version may write them, unless `additionalProperties` is false.
 */
export function buildSchema(
  type: string,
  $id: string,
  title: string,
  additionalProperties = true,
): string {
  const config: CompletedConfig = { ...CONFIG, type, additionalProperties };
  program ??= createProgram(config);
  const parser = createParser(program, config);
  const generator = new SchemaGenerator(program, parser, createFormatter(config), config);
  const { $schema, definitions, ...rest } = generator.createSchema(type);
  return `${JSON.stringify({ $schema, $id, title, ...rest, definitions }, undefined, 2)}\n`;
}

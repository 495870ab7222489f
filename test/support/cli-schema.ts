import { readFileSync } from "node:fs";
import { buildSchema } from "./published-schemas.js";

interface Schema {
  definitions?: Record<string, unknown>;
}

/**
 * The JSON Schema of what commands print with `--json`, as the types give it, ready to be written.
 * What docs/conversation.schema.json describes is not described again.
 */
export function buildCliSchema(): string {
  const schema = JSON.parse(
    buildSchema(
      "JsonAnswers",
      "urn:talktrace:cli:1",
      "What the commands of TalkTrace print with --json, by the command's name",
    ),
  ) as Schema;
  const known = JSON.parse(readFileSync("docs/conversation.schema.json", "utf8")) as Schema;
  const definitions = Object.entries(schema.definitions ?? {}).map(([name, definition]) => [
    name,
    known.definitions?.[name] === undefined ? definition : withoutDescriptions(definition),
  ]);
  return `${JSON.stringify({ ...schema, definitions: Object.fromEntries(definitions) as unknown }, undefined, 2)}\n`;
}

function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => key !== "description" || typeof each !== "string")
      .map(([key, each]) => [key, withoutDescriptions(each)]),
  );
}

import { buildSchema } from "./published-schemas.js";

/** The JSON Schema of what commands print with `--json`, as the types give it, ready to be written. */
export function buildCliSchema(): string {
  return buildSchema(
    "src/cli/json-answers.ts",
    "JsonAnswers",
    "urn:talktrace:cli:1",
    "What the commands of TalkTrace print with --json, by the command's name",
  );
}

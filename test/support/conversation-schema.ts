import path from "node:path";
import { createGenerator } from "ts-json-schema-generator";
import { CONVERSATION_FORMAT } from "../../src/record/index.js";

const repository = path.resolve(import.meta.dirname, "../..");

/** The JSON Schema of a conversation file, as the types in `src/record` give it, ready to be written. */
export function buildConversationSchema(): string {
  const schema = createGenerator({
    path: path.join(repository, "src/record/conversation.ts"),
    tsconfig: path.join(repository, "tsconfig.json"),
    type: "Conversation",
    topRef: false,
    // A reader of format 1 accepts keys that a later, additive version wrote.
    additionalProperties: true,
    skipTypeCheck: true,
  }).createSchema("Conversation");
  const { $schema, definitions, ...rest } = schema;
  const $id = `urn:talktrace:conversation:${CONVERSATION_FORMAT}`;
  const title = "A conversation recorded by TalkTrace";
  const ordered = { $schema, $id, title, ...rest, definitions };
  return `${JSON.stringify(ordered, undefined, 2)}\n`;
}

import { expect, test } from "vitest";
import { CONVERSATION_FORMAT } from "../../src/record/index.js";
import { buildCliSchema } from "../support/cli-schema.js";
import { buildSchema } from "../support/published-schemas.js";

// `npm run schema` runs this test with `--update`, which writes the file.
test("docs/conversation.schema.json is what the types of the record give; `npm run schema` brings it up to date", async () => {
  const schema = buildSchema(
    "Conversation",
    `urn:talktrace:conversation:${CONVERSATION_FORMAT}`,
    "A conversation recorded by TalkTrace",
  );
  await expect(schema).toMatchFileSnapshot("../../docs/conversation.schema.json");
});

test("docs/tags.schema.json is what the types of the sidecar give; `npm run schema` brings it up to date", async () => {
  const schema = buildSchema(
    "Sidecar",
    "urn:talktrace:tags:1",
    "What people say of a call recorded by TalkTrace",
  );
  await expect(schema).toMatchFileSnapshot("../../docs/tags.schema.json");
});

test("docs/config.schema.json is what the types of the config give; `npm run schema` brings it up to date", async () => {
  const schema = buildSchema(
    "TalkTraceConfig",
    "urn:talktrace:config:1",
    "talktrace.config.json: rules, phrases, limits and categories of one's own",
    false,
  );
  await expect(schema).toMatchFileSnapshot("../../docs/config.schema.json");
});

test("docs/cli.schema.json is what the types of the answers give; `npm run schema` brings it up to date", async () => {
  await expect(buildCliSchema()).toMatchFileSnapshot("../../docs/cli.schema.json");
});

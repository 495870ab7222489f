import { expect, test } from "vitest";
import { buildConversationSchema } from "../support/conversation-schema.js";
import { buildSchema } from "../support/published-schemas.js";

// `npm run schema` runs this test with `--update`, which writes the file.
test("the committed schema is what the types give; `npm run schema` brings it up to date", async () => {
  await expect(buildConversationSchema()).toMatchFileSnapshot(
    "../../docs/conversation.schema.json",
  );
});

test("docs/tags.schema.json is what the types of the sidecar give; `npm run schema` brings it up to date", async () => {
  const schema = buildSchema(
    "src/record/sidecar.ts",
    "Sidecar",
    "urn:talktrace:tags:1",
    "What people say of a call recorded by TalkTrace",
  );
  await expect(schema).toMatchFileSnapshot("../../docs/tags.schema.json");
});

test("docs/config.schema.json is what the types of the config give; `npm run schema` brings it up to date", async () => {
  const schema = buildSchema(
    "src/config/config.ts",
    "TalkTraceConfig",
    "urn:talktrace:config:1",
    "talktrace.config.json: rules, phrases, limits and categories of one's own",
    false,
  );
  await expect(schema).toMatchFileSnapshot("../../docs/config.schema.json");
});

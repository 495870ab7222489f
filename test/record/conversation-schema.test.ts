import { expect, test } from "vitest";
import { buildConversationSchema } from "../support/conversation-schema.js";

// `npm run schema` runs this test with `--update`, which writes the file.
test("the committed schema is what the types give; `npm run schema` brings it up to date", async () => {
  await expect(buildConversationSchema()).toMatchFileSnapshot(
    "../../docs/conversation.schema.json",
  );
});

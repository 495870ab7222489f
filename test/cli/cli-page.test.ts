import { expect, it } from "vitest";
import { writeCliPage } from "../support/cli-page.js";

// `npm run cli:page` runs this test with `--update`, which writes the page.
it("docs/cli.md is what the commands say of themselves; `npm run cli:page` brings it up to date", async () => {
  await expect(await writeCliPage()).toMatchFileSnapshot("../../docs/cli.md");
});

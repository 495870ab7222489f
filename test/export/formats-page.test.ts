import { expect, it } from "vitest";
import { EXPORT_FORMATS } from "../../src/export/index.js";
import { writeFormatsPage } from "../support/formats-page.js";

// `npm run cli:page` runs this test with `--update`, which writes the page.
it("docs/formats.md is what the table of formats says; `npm run cli:page` brings it up to date", async () => {
  await expect(writeFormatsPage()).toMatchFileSnapshot("../../docs/formats.md");
});

it("every format has a name of its own", () => {
  const names = EXPORT_FORMATS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

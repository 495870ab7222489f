import { expect, it } from "vitest";
import { IMPORT_FORMATS } from "../../src/import/index.js";
import { writeImportsPage } from "../support/imports-page.js";

// `npm run cli:page` runs this test with `--update`, which writes the page.
it("docs/imports.md is what the forms say of themselves", async () => {
  await expect(writeImportsPage()).toMatchFileSnapshot("../../docs/imports.md");
});

it("each form has a name of its own", () => {
  const names = IMPORT_FORMATS.flatMap(({ name, variants = [] }) => [
    name,
    ...variants.map((variant) => variant.name),
  ]);
  expect(new Set(names).size).toBe(names.length);
});

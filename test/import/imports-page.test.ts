import { expect, it } from "vitest";
import { IMPORT_FORMATS } from "../../src/import/index.js";
import { writeFigureTable } from "./otlp/support/figure-table.js";
import { writeImportsPage } from "../support/imports-page.js";

// `npm run cli:page` runs this test with `--update`, which writes the page.
it("docs/imports.md is what the forms say of themselves", async () => {
  const page = writeImportsPage(await writeFigureTable());
  await expect(page).toMatchFileSnapshot("../../docs/imports.md");
});

it("each form has a name of its own", () => {
  const names = IMPORT_FORMATS.flatMap(({ name, variants = [] }) => [
    name,
    ...variants.map((variant) => variant.name),
  ]);
  expect(new Set(names).size).toBe(names.length);
});

import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readRows, renderPage } from "../support/compatibility-page.js";

const repository = path.resolve(import.meta.dirname, "../..");
const rows = readRows();

// `npm run compatibility` runs this test with `--update`, which writes the page.
test("docs/compatibility.md has the rows of test/compat; `npm run compatibility` brings it up to date", async () => {
  const page = path.join(repository, "docs/compatibility.md");
  const rendered = renderPage(readFileSync(page, "utf8"), rows);
  await expect(rendered).toMatchFileSnapshot("../../docs/compatibility.md");
});

test("no two rows of test/compat have the same id", () => {
  const ids = rows.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(100);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});

test("each row of test/compat has an id that its section and its name can be read from", () => {
  expect(rows.filter(({ id }) => !/^[a-z]+\/[a-z0-9-]+$/.test(id))).toEqual([]);
});

test("a row that cannot be recorded says where LiveKit's source shows why", () => {
  const without = rows.filter(
    ({ record }) => /not possible/i.test(record) && !/`[\w./@-]+\.ts:\d+/.test(record),
  );
  expect(without).toEqual([]);
});

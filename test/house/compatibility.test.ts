import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const repository = path.resolve(import.meta.dirname, "../..");
const page = readFileSync(path.join(repository, "docs/compatibility.md"), "utf8");

/** Ids in the first column of the page's tables. */
const rows = [...page.matchAll(/^\| `([a-z]+\/[a-z0-9-]+)`\s*\|([^\n]*)/gm)].map(
  ([, id = "", rest = ""]) => ({ id, rest }),
);

const folder = path.join(repository, "test/compat");
const tested = readdirSync(folder, { encoding: "utf8", recursive: true })
  .filter((name) => name.endsWith(".test.ts"))
  .flatMap((name) => [
    ...readFileSync(path.join(folder, name), "utf8").matchAll(/\brow\(\s*"([^"]+)"/g),
  ])
  .map(([, id = ""]) => id);

test("every row of docs/compatibility.md is a test, and every such test a row", () => {
  const unique = (ids: readonly string[]) => [...new Set(ids)].toSorted();
  expect(tested.toSorted()).toEqual(unique(tested));
  expect(rows.map(({ id }) => id).toSorted()).toEqual(unique(tested));
});

test("a row that cannot be recorded says why, and where LiveKit's source shows it", () => {
  const without = rows.filter(
    ({ rest }) => /not possible/i.test(rest) && !/`[\w./@-]+\.ts:\d+/.test(rest),
  );
  expect(without).toEqual([]);
});

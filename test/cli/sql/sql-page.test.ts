import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { DUCKDB } from "../../../src/cli/sql/engine.js";
import { writeSqlPage } from "../../support/sql-page.js";

// `npm run cli:page` runs this test with `--update`, which writes the page.
it("docs/sql.md has the tables as the code has them; `npm run cli:page` brings it up to date", async () => {
  await expect(writeSqlPage()).toMatchFileSnapshot("../../../docs/sql.md");
});

it("`talktrace query` names the version of DuckDB with which it is tested", () => {
  const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    devDependencies: Record<string, string>;
  };
  expect(DUCKDB).toBe(`@duckdb/node-api@${devDependencies["@duckdb/node-api"] ?? ""}`);
});

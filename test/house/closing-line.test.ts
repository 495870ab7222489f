import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { closingLine } from "../support/closing-line-reporter.js";

const repository = path.resolve(import.meta.dirname, "../..");
const vitest = path.join(repository, "node_modules/vitest/vitest.mjs");
const config = path.join(import.meta.dirname, "fixtures/closing-line/vitest.config.ts");

// Real runs, because what counts is what a run prints last.
test.each([
  ["passing", 0, "2 passed, 0 failed"],
  ["mixed", 1, "1 passed, 2 failed, 2 skipped"],
  ["unloadable", 1, "0 passed, 1 failed"],
  ["late", 1, "1 passed, 1 failed"],
  ["skipped", 0, "No test ran"],
  ["absent", 1, "No test ran"],
])("a run of %s tests exits with %i and ends with the line `%s`", (name, exitCode, line) => {
  const run = spawnSync(process.execPath, [vitest, "run", "--config", config, name], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect(run.stdout.trimEnd().split("\n").at(-1)).toBe(line);
  expect(run.status).toBe(exitCode);
});

test("a run that fails beside its tests does not end with a line of success", () => {
  expect(closingLine({ passed: 3, failed: 0, skipped: 0 }, 1)).toBe("3 passed, 1 failed");
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
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
  const run = runFixture([name], {});
  expect(run.stdout.trimEnd().split("\n").at(-1)).toBe(line);
  expect(run.status).toBe(exitCode);
});

test("a run lists its failed files, and how many tests passed in the others, where FAILED_FILES asks for it", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "talktrace-failed-files-"));
  const list = path.join(folder, "list");
  try {
    runFixture(["passing", "mixed", "unloadable"], { FAILED_FILES: list });
    const [passedElsewhere, ...files] = readFileSync(list, "utf8").trimEnd().split("\n");
    expect(passedElsewhere).toBe("2");
    expect(files.map((file) => path.basename(file)).toSorted()).toEqual([
      "mixed.case.ts",
      "unloadable.case.ts",
    ]);
    runFixture(["passing"], { FAILED_FILES: list });
    expect(readFileSync(list, "utf8")).toBe("");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a run that fails beside its tests does not end with a line of success", () => {
  expect(closingLine({ passed: 3, failed: 0, skipped: 0 }, 1)).toBe("3 passed, 1 failed");
});

function runFixture(names: string[], env: NodeJS.ProcessEnv) {
  return spawnSync(process.execPath, [vitest, "run", "--config", config, ...names], {
    encoding: "utf8",
    env: { ...process.env, FAILED_FILES: undefined, NO_COLOR: "1", ...env },
  });
}

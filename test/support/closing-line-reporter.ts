import { writeFileSync } from "node:fs";
import { relative } from "node:path";

import type { Reporter, TestModule } from "vitest/node";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Ends the output of a run with one line that says how it went, alone on that line:
 * `12 passed, 0 failed`, with `, 1 skipped` where there are any. It comes when the process exits,
 * so that nothing else follows it. A run in which no test ran ends without such a line.
 *
 * Where `FAILED_FILES` names a file, the reporter writes there what is needed to run the failed test
 * files again: a line with the number of tests that passed in all other files, then a path a line.
 */
export function closingLineReporter(): Reporter {
  let tally: Tally | undefined;
  process.once("exit", (exitCode) => {
    if (tally !== undefined) process.stdout.write(`${closingLine(tally, exitCode)}\n`);
  });
  return {
    onTestRunEnd(modules, unhandledErrors) {
      tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
      for (const module of modules) {
        // A file that cannot be imported and a failing `beforeAll` are failures of no test.
        for (const suite of [module, ...module.children.allSuites()]) {
          tally.failed += suite.errors().length;
        }
        for (const test of module.children.allTests()) {
          const { state } = test.result();
          tally[state === "pending" ? "failed" : state] += 1;
        }
      }
      const list = process.env["FAILED_FILES"];
      if (list !== undefined && unhandledErrors.length === 0) {
        writeFileSync(list, failedFiles(modules));
      }
    },
  };
}

/** What `FAILED_FILES` holds; nothing where no file failed. */
function failedFiles(modules: readonly TestModule[]): string {
  const failed = modules.filter((module) => !module.ok());
  if (failed.length === 0) return "";
  const passedElsewhere = modules
    .filter((module) => module.ok())
    .flatMap((module) => [...module.children.allTests("passed")]).length;
  const paths = failed.map((module) => relative(process.cwd(), module.moduleId));
  return [passedElsewhere, ...paths, ""].join("\n");
}

/** `exitCode` speaks up for what failed without being a test, e.g. a process that would not end. */
export function closingLine({ passed, failed, skipped }: Tally, exitCode: number): string {
  if (passed + failed === 0) return "No test ran";
  const failures = failed === 0 && exitCode !== 0 ? 1 : failed;
  const line = `${passed} passed, ${failures} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

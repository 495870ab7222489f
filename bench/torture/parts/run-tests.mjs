import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { runCommand } from "./child.mjs";

const REPOSITORY = resolve(import.meta.dirname, "../../..");

/**
 * Runs test files, and yields a row a test.
 *
 * @param config the path of vitest's settings in the repository
 * @param folder where the results are put
 * @param env what the tests get beside this process's environment
 * @param countOf how many faults the tests of a file make
 */
export async function* runTests({ config, files, folder, env, countOf }) {
  const results = join(folder, "results.json");
  const vitest = join(REPOSITORY, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=${results}`];
  const { code, stdout, stderr } = await runCommand(
    process.execPath,
    [vitest, "run", "--config", join(REPOSITORY, config), ...reporters, ...files],
    { timeoutMs: 0, env: { ...process.env, ...env } },
  );
  const ran = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")).testResults : [];
  for (const { name: file, assertionResults } of ran) {
    for (const { title, status, failureMessages } of assertionResults) {
      yield {
        row: title,
        count: countOf(file),
        failures: status === "failed" ? failureMessages : [],
        // A test is left out where the machine cannot hold it, e.g. mount a disk.
        ...(status === "pending" || status === "skipped"
          ? { skipped: "this machine does not let it run" }
          : {}),
      };
    }
  }
  if (code !== 0 && ran.every(({ status }) => status === "passed")) {
    const told = `${stdout}${stderr}`.slice(-2000);
    yield { row: files.join(", "), count: 0, failures: [`vitest ended with ${code}: ${told}`] };
  }
}

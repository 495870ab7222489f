/**
 * The demo as users start it: killed `count` times at random moments, on a full disk, in a folder
 * that cannot be written, with endpoints that take nothing. The tests are in test/faults.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { runCommand } from "./parts/child.mjs";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const CONFIG = join(REPOSITORY, "test/faults/vitest.config.ts");

export const name = "demo";
export const counts = { quick: 10, full: 100 };

export async function* run({ count, folder }) {
  const results = join(folder, "results.json");
  const vitest = join(REPOSITORY, "node_modules/vitest/vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=${results}`];
  const { code, stdout, stderr } = await runCommand(
    process.execPath,
    [vitest, "run", "--config", CONFIG, ...reporters, "demo-kills", "demo-faults"],
    { timeoutMs: 0, env: { ...process.env, DEMO_KILLS: String(count) } },
  );
  const files = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")).testResults : [];
  for (const { name: file, assertionResults } of files) {
    for (const { title, status, failureMessages } of assertionResults) {
      yield {
        row: title,
        count: file.includes("demo-kills") ? count : 1,
        failures: status === "failed" ? failureMessages : [],
        // A test is left out where the machine cannot hold it, e.g. mount a disk.
        ...(status === "pending" || status === "skipped"
          ? { skipped: "this machine does not let it run" }
          : {}),
      };
    }
  }
  if (code !== 0 && files.every(({ status }) => status === "passed")) {
    const told = `${stdout}${stderr}`.slice(-2000);
    yield { row: "demo", count: 0, failures: [`vitest ended with ${code}: ${told}`] };
  }
}

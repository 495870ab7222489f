/**
 * Runs the hostile tests: `npm run test:hostile -- --seed 7 --count 500`. The same seed gives the
 * same cases. A case that ends the process is named by the last line that it left.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Command, InvalidArgumentError } from "commander";

const REPOSITORY = resolve(import.meta.dirname, "../..");

const { seed, count, only } = new Command("hostile")
  .description("Hostile callers and damaged files against live sessions and readers.")
  .option("--seed <n>", "repeats a run (default: another one each time)", parseWhole)
  .option("--count <n>", "how many cases of each kind", parseWhole, 60)
  .option("--only <name>", "of these test files, e.g. live-sessions")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts();

const folder = mkdtempSync(join(tmpdir(), "talktrace-hostile-"));
const current = join(folder, "current-case");
const chosen = seed ?? Math.floor(Math.random() * 2 ** 31);
process.stdout.write(`seed ${chosen}, ${count} cases of each kind\n`);
const { status } = spawnSync(
  process.execPath,
  [
    join(REPOSITORY, "node_modules/vitest/vitest.mjs"),
    "run",
    "--config",
    "test/hostile/vitest.config.ts",
    ...(only === undefined ? [] : [only]),
  ],
  {
    cwd: REPOSITORY,
    stdio: "inherit",
    env: {
      ...process.env,
      HOSTILE_SEED: String(chosen),
      HOSTILE_COUNT: String(count),
      HOSTILE_CASE_FILE: current,
    },
  },
);
if (status !== 0) {
  const unfinished = existsSync(current) ? readFileSync(current, "utf8") : "";
  if (unfinished !== "") process.stderr.write(`The case that did not end: ${unfinished}\n`);
  process.stderr.write(`Again: npm run test:hostile -- --seed ${chosen} --count ${count}\n`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;

function parseWhole(given) {
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
}

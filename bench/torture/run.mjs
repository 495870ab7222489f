/**
 * Runs the tortures: faults of all kinds against the record and the forwarding. Prints each with its
 * count and its result. Run after `npm run build`; `--help` tells the options.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Command, InvalidArgumentError } from "commander";

import * as concurrentParses from "./concurrent-parses.mjs";
import * as damagedJournal from "./damaged-journal.mjs";
import * as damagedSpool from "./damaged-spool.mjs";
import * as demo from "./demo.mjs";
import * as endpoints from "./endpoints.mjs";
import * as errorPoints from "./error-points.mjs";
import * as forwarderKills from "./forwarder-kills.mjs";
import * as killPoints from "./kill-points.mjs";
import * as manySessions from "./many-sessions.mjs";
import { killChildren } from "./parts/child.mjs";
import { unmountAll } from "./parts/loop-disk.mjs";
import { prepare } from "./parts/prepare.mjs";
import * as powerCuts from "./power-cuts.mjs";
import * as randomKills from "./random-kills.mjs";

const TORTURES = [
  killPoints,
  errorPoints,
  randomKills,
  concurrentParses,
  damagedJournal,
  damagedSpool,
  powerCuts,
  forwarderKills,
  endpoints,
  manySessions,
  demo,
];

const NAMES = TORTURES.map(({ name }) => name);
const values = new Command("torture")
  .description(
    `Faults of all kinds against the record and the forwarding: ${NAMES.join(", ")}.\n` +
      "Prints a table and a closing line; progress goes to stderr. Leaves nothing behind.",
  )
  .option("--quick", "small counts: minutes, not an hour")
  .option("--only <names>", "of these tortures, parted by commas", parseNames)
  .option("--count <n>", "how many faults (for endpoints: seconds) in each", parseCount)
  .option("--width <n>", "how many at once", parseCount, 2)
  .option("--require <names>", "a row of these that has to be skipped has failed", parseNames, [])
  .option("--json <file>", "write the table for programs")
  .option("--keep", "leave what the tortures wrote")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts();
const { only, require: required } = values;
prepare();
// In memory where possible, because only the power cuts ask what a disk does.
const place = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const root = mkdtempSync(join(place, "talktrace-torture-"));
const rows = [];
const leave = () => {
  killChildren();
  if (!values.keep) rmSync(root, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    killChildren();
    void unmountAll().then(() => {
      leave();
      process.exit(1);
    });
  });
}
for (const torture of TORTURES) {
  if (only === undefined || only.includes(torture.name)) await runTorture(torture);
}
leave();
printTable();

async function runTorture({ name, counts, run }) {
  const folder = mkdtempSync(join(root, `${name}-`));
  const count = values.count ?? (values.quick ? counts.quick : counts.full);
  const startedMs = performance.now();
  let shownMs = startedMs;
  const report = (done, total, what = "") => {
    if (performance.now() - shownMs < 5000) return;
    shownMs = performance.now();
    process.stderr.write(`  ${name} ${what}: ${done} of ${total}\n`);
  };
  process.stderr.write(`${name} ...\n`);
  try {
    for await (const row of run({ count, folder, report, width: values.width })) {
      rows.push({
        torture: name,
        ...(isMissed(name, row)
          ? { ...row, skipped: undefined, count: 0, failures: [`skipped: ${row.skipped}`] }
          : row),
      });
      printRow(rows.at(-1));
    }
  } catch (error) {
    rows.push({ torture: name, row: name, count: 0, facts: {}, failures: [String(error.stack)] });
    printRow(rows.at(-1));
  }
  process.stderr.write(`${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s\n`);
  if (!values.keep) rmSync(folder, { recursive: true, force: true });
}

function parseNames(given) {
  const names = given.split(",");
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no "${unknown}".`);
  return names;
}

function parseCount(given) {
  const count = Number(given);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError("It must be a whole number from 1.");
  return count;
}

function isMissed(name, { skipped }) {
  return skipped !== undefined && required.includes(name);
}

function printRow({ row, count, failures = [], skipped }) {
  if (skipped !== undefined) process.stderr.write(`  skipped: ${row}: ${skipped}\n`);
  else process.stderr.write(`  ${failures.length === 0 ? "held" : "FAILED"}: ${row}, ${count}\n`);
  for (const line of failures.slice(0, 20)) process.stderr.write(`    ${line}\n`);
  if (failures.length > 20) process.stderr.write(`    and ${failures.length - 20} more\n`);
}

function printTable() {
  const cells = rows.map(({ row, count, facts = {}, failures = [], skipped }) => {
    const told = Object.entries(facts).map(([fact, value]) => `${value} ${fact}`);
    return skipped === undefined
      ? [row, String(count), String(failures.length), told.join(", ")]
      : [row, "", "", `skipped: ${skipped}`];
  });
  const head = ["fault", "count", "failures", "of them"];
  const widths = [0, 1, 2].map((at) =>
    Math.max(...[head, ...cells].map((line) => line[at].length)),
  );
  for (const line of [head, ...cells]) {
    const [fault, count, failed, told] = line;
    process.stdout.write(
      `${fault.padEnd(widths[0])}  ${count.padStart(widths[1])}  ${failed.padStart(widths[2])}  ${told}\n`,
    );
  }
  const failed = rows.filter(({ failures = [] }) => failures.length > 0).length;
  const skipped = rows.filter((row) => row.skipped !== undefined).length;
  const passed = rows.length - failed - skipped;
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  process.stdout.write(
    `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`,
  );
}

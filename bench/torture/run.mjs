/**
 * The tortures: faults of all kinds against the record and the forwarding, each with its count and
 * what it showed. Run after `npm run build`:
 *
 *     node bench/torture/run.mjs [--quick] [--only NAME[,NAME]] [--count N] [--json FILE] [--keep]
 *                                [--require NAME[,NAME]]
 *
 * Of the tortures that are required, each row has to run: one that is skipped has failed.
 * Prints a table and a closing line; progress goes to stderr. Leaves nothing behind, but with
 * `--keep` what the tortures wrote.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import * as concurrentParses from "./concurrent-parses.mjs";
import * as damagedJournal from "./damaged-journal.mjs";
import * as damagedSpool from "./damaged-spool.mjs";
import * as endpoints from "./endpoints.mjs";
import * as errorPoints from "./error-points.mjs";
import * as forwarderKills from "./forwarder-kills.mjs";
import * as killPoints from "./kill-points.mjs";
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
];

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    count: { type: "string" },
    json: { type: "string" },
    require: { type: "string" },
    keep: { type: "boolean", default: false },
    width: { type: "string", default: "2" },
  },
});
const only = values.only?.split(",");
const required = values.require?.split(",") ?? [];
const unknown = [...(only ?? []), ...required].filter(
  (name) => !TORTURES.some((torture) => torture.name === name),
);
if (unknown.length > 0) {
  const names = TORTURES.map(({ name }) => name).join(", ");
  process.stderr.write(`Cannot find the torture "${unknown[0]}": there are ${names}\n`);
  process.exit(2);
}
prepare();
// In memory where that is possible: what a disk does is not the question, but for power cuts.
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
  const count = Number(values.count ?? (values.quick ? counts.quick : counts.full));
  const startedMs = performance.now();
  let shownMs = startedMs;
  const report = (done, total, what = "") => {
    if (performance.now() - shownMs < 5000) return;
    shownMs = performance.now();
    process.stderr.write(`  ${name} ${what}: ${done} of ${total}\n`);
  };
  process.stderr.write(`${name} ...\n`);
  try {
    for await (const row of run({ count, folder, report, width: Number(values.width) })) {
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

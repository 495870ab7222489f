/**
 * Kills a writer at random moments (`kill -9`): in its recovery, when its sessions begin, between
 * words. Each writer first recovers what the last one left, as an agent does.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { makeLedger } from "./parts/acknowledged.mjs";
import { isBystander, placeBystanders } from "./parts/bystanders.mjs";
import { checkFolder, expect } from "./parts/check-folder.mjs";
import { startChild } from "./parts/child.mjs";
import { inParallel } from "./parts/in-parallel.mjs";
import { recoverAndCheck } from "./parts/recover-and-check.mjs";

const LENGTH = 40;
const KILLS_PER_FOLDER = 15;
const LONGEST_LIFE_MS = 60;

export const name = "random-kills";
export const counts = { quick: 60, full: 3000 };

export async function* run({ count, folder, report, width }) {
  const failures = [];
  const sums = { operations: 0, sessions: 0, messages: 0, "killed before the first word": 0 };
  let kills = 0;
  const folders = Array.from({ length: Math.ceil(count / KILLS_PER_FOLDER) }, (_, n) => n);
  await inParallel(folders, width, async (n) => {
    const directory = join(folder, String(n));
    mkdirSync(directory);
    const bystanders = await placeBystanders(directory);
    const expected = new Map();
    const ignores = isBystander;
    for (let life = 0; life < KILLS_PER_FOLDER && kills < count; life += 1) {
      kills += 1;
      const ledger = await killOne(directory, `f${n}k${life}`);
      for (const [id, expectation] of expect(ledger, LENGTH)) expected.set(id, expectation);
      sums.operations += ledger.total;
      if (ledger.total === 0) sums["killed before the first word"] += 1;
      const { failures: found } = await checkFolder(directory, {
        expected,
        ignores,
        recovered: false,
      });
      failures.push(...found.map((line) => `folder ${n}, kill ${life}: ${line}`));
      report(kills, count);
    }
    const found = await recoverAndCheck(directory, expected, bystanders);
    failures.push(...found.map((line) => `folder ${n}: ${line}`));
    sums.sessions += readdirSync(directory).filter((fileName) =>
      /^[^.].*\.json$/.test(fileName),
    ).length;
    const { messages } = await checkFolder(directory, { expected, ignores, recovered: true });
    sums.messages += messages;
    await bystanders.leave();
    rmSync(directory, { recursive: true });
  });
  yield { row: "kill -9 of a writer at a random moment", count: kills, facts: sums, failures };
}

/**
 * One of four writers dies soon after its start, in its recovery or when its sessions begin. The
 * others die after their first word.
 */
async function killOne(directory, prefix) {
  const ledger = makeLedger();
  const options = { directory, prefix, sessions: 4, lives: 0, length: LENGTH, flushEvery: 7 };
  const first = Math.random() < 0.25 ? "threads" : "a ";
  let show;
  const shown = new Promise((resolve) => {
    show = resolve;
  });
  const onLine = (line) => {
    ledger.onLine(line);
    if (line.startsWith(first)) show();
  };
  const writer = startChild(
    "writer.mjs",
    { ...options, recover: true, announce: true },
    { onLine },
  );
  await Promise.race([shown, writer.ended]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS));
  writer.child.kill("SIGKILL");
  await writer.ended;
  return ledger;
}

/**
 * Lets each single system call of the writer on its files fail, once or from then on, and each call
 * of the recovery. The process must live. After one failure nothing may be missing, and what the disk
 * never took must be reported.
 */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";

import { isBystander, placeBystanders } from "./parts/bystanders.mjs";
import { checkFolder, expect } from "./parts/check-folder.mjs";
import { recordCalls, runFollowed } from "./parts/followed.mjs";
import { inParallel, spread } from "./parts/in-parallel.mjs";
import { leaveJournals } from "./parts/left-journals.mjs";
import { recoverAndCheck } from "./parts/recover-and-check.mjs";
import { whyNoStrace } from "./parts/strace.mjs";

const LENGTH = 9;
const WRITER = { prefix: "w", sessions: 2, lives: 3, length: LENGTH, flushEvery: 3, inTurn: true };
const ERRORS = ["EIO", "ENOSPC", "EINTR", "EMFILE"];

const TOLD_LOSS = /^talktrace: .*(lost|never reached the disk|counted)/m;

export const name = "error-points";
export const counts = { quick: 90, full: Infinity };

export async function* run({ count, folder, report, width }) {
  const skipped = await whyNoStrace();
  if (skipped !== undefined) {
    yield { row: "an error of each system call", skipped };
    return;
  }
  const trials = { folder, report, width };
  const calls = await recordCalls("writer.mjs", WRITER, join(folder, "recorded"));
  const once = calls.flatMap((call) => ERRORS.map((error) => ({ ...call, error, when: call.nth })));
  yield testEach(
    "each system call of the writer fails once",
    spread(once, count / 3),
    trials,
    failOnce,
  );

  // `write` is left out, because Node's threads wake each other by it and Node aborts without it.
  // EINTR is left out, because libuv repeats an interrupted call for ever.
  const lasting = calls
    .filter(({ name: call }) => call !== "write")
    .flatMap((call) =>
      ERRORS.filter((error) => error !== "EINTR").map((error) => ({
        ...call,
        error,
        when: `${call.nth}+`,
      })),
    );
  const row = "each system call of the writer fails from then on";
  yield testEach(row, spread(lasting, count / 3), trials, failForGood);

  const left = join(folder, "left");
  const ledger = await leaveJournals(left, { length: LENGTH, written: LENGTH - 2, sessions: 3 });
  const found = await recordCalls("recoverer.mjs", {}, join(folder, "recorded"), left);
  const ofRecovery = found.flatMap((call) =>
    ERRORS.map((error) => ({ ...call, error, when: call.nth })),
  );
  yield testEach(
    "each system call of the recovery fails once, run again",
    spread(ofRecovery, count / 3),
    { ...trials, left, expected: expect(ledger, LENGTH) },
    failInRecovery,
  );
}

async function testEach(row, points, trials, test) {
  const failures = [];
  let done = 0;
  let missed = 0;
  await inParallel(points, trials.width, async (point, at) => {
    const directory = join(trials.folder, `t${at}`);
    const { isHit, found } = await test(point, directory, trials);
    // Runs differ a little, so the call that was hit may have been on no file of the folder.
    if (!isHit) missed += 1;
    else failures.push(...found.map((line) => `${textOf(point)}: ${line}`));
    rmSync(directory, { recursive: true });
    trials.report((done += 1), points.length, row);
  });
  return { row, count: points.length - missed, facts: { missed }, failures };
}

async function failOnce(point, directory, { folder }) {
  const bystanders = await placeBystanders(directory);
  const { ledger, code, errors, isHit } = await inject(
    "writer.mjs",
    { ...WRITER, directory },
    point,
    folder,
  );
  const found = code === 0 && ledger.isDone ? [] : [`the writer ended with ${code}: ${errors}`];
  // One error loses nothing, so every session is complete, and all of it is there.
  const expected = expect(ledger, LENGTH);
  const before = await checkFolder(directory, { expected, ignores: isBystander, recovered: false });
  found.push(...before.failures, ...(await recoverAndCheck(directory, expected, bystanders)));
  await bystanders.leave();
  return { isHit, found };
}

async function failForGood(point, directory, { folder }) {
  const bystanders = await placeBystanders(directory);
  const { ledger, code, errors, isHit } = await inject(
    "writer.mjs",
    { ...WRITER, directory },
    point,
    folder,
  );
  const found = code === 0 ? [] : [`the writer ended with ${code}: ${errors}`];
  const expected = new Map(
    [...ledger.sessions].map(([id, { acknowledged }]) => [
      id,
      { length: LENGTH, atLeast: 0, atMost: acknowledged },
    ]),
  );
  found.push(...(await recoverAndCheck(directory, expected, bystanders)));
  const { behind } = await checkFolder(directory, {
    expected,
    ignores: isBystander,
    recovered: true,
  });
  if (behind.size > 0 && !TOLD_LOSS.test(errors))
    found.push(`${[...behind].join()} lost without a word`);
  await bystanders.leave();
  return { isHit, found };
}

async function failInRecovery(point, directory, { folder, left, expected }) {
  cpSync(left, directory, { recursive: true });
  const { code, errors, isHit } = await inject("recoverer.mjs", { directory }, point, folder);
  // The caller gets an error if the folder cannot be read.
  const found =
    code === 0 || errors.includes("Cannot read folder") ? [] : [`ended with ${code}: ${errors}`];
  return { isHit, found: [...found, ...(await recoverAndCheck(directory, expected))] };
}

async function inject(program, options, { thread, name: call, error, when }, folder) {
  const logPath = join(folder, `${thread}-${call}-${Math.random()}.log`);
  const outcome = await runFollowed(program, options, {
    thread,
    inject: `${call}:error=${error}:when=${when}`,
    logPath,
  });
  return { ...outcome, isHit: outcome.calls.some(({ line }) => line.includes("INJECTED")) };
}

function textOf({ thread, name: call, error, when, line }) {
  return `${call} ${when} of the ${thread} thread gives ${error} (${line.slice(0, 80)})`;
}

/**
 * Kills the writer before each single system call by which it changes a file. Then kills the recovery
 * of what the writer left, before each of the recovery's calls.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { isBystander, placeBystanders } from "./parts/bystanders.mjs";
import { checkFolder, expect } from "./parts/check-folder.mjs";
import { recordCalls, runFollowed } from "./parts/followed.mjs";
import { inParallel, spread } from "./parts/in-parallel.mjs";
import { recoverAndCheck } from "./parts/recover-and-check.mjs";
import { isChanging, whyNoStrace } from "./parts/strace.mjs";

const LENGTH = 9;
const WRITER = { prefix: "w", sessions: 2, lives: 3, length: LENGTH, flushEvery: 3, inTurn: true };

export const name = "kill-points";
export const counts = { quick: 120, full: Infinity };

export async function* run({ count, folder, report, width }) {
  const skipped = await whyNoStrace();
  if (skipped !== undefined) {
    yield { row: "killed before each system call", skipped };
    return;
  }
  const failures = { writer: [], recovery: [] };
  const points = spread(
    await findPoints("writer.mjs", WRITER, join(folder, "recorded")),
    count / 2,
  );
  /** One folder for each kind of state that a killed writer has left. */
  const states = new Map();
  let missed = 0;
  let done = 0;
  await inParallel(points, width, async (point, at) => {
    const directory = join(folder, `writer-${at}`);
    const bystanders = await placeBystanders(directory);
    const { ledger, signal } = await kill("writer.mjs", { ...WRITER, directory }, point, folder);
    if (signal !== "SIGKILL") missed += 1;
    const expected = expect(ledger, LENGTH);
    const shape = shapeOf(directory, bystanders);
    const isNew = !states.has(shape);
    if (isNew) {
      const copy = `${directory}-kept`;
      states.set(shape, { directory: copy, expected, bystanders, point });
      cpSync(directory, copy, { recursive: true });
    }
    const found = await judge(directory, expected, bystanders);
    failures.writer.push(...found.map((line) => `${textOf(point)}: ${line}`));
    await bystanders.leave();
    rmSync(directory, { recursive: true });
    report((done += 1), points.length, "writer");
  });
  yield {
    row: "writer killed before each system call",
    count: points.length - missed,
    facts: { missed, "kinds of folders left": states.size },
    failures: failures.writer,
  };

  const kills = [];
  for (const state of states.values()) {
    const copy = `${state.directory}-recorded`;
    const found = await findPoints("recoverer.mjs", {}, copy, state.directory);
    kills.push(...found.map((point) => ({ state, point })));
  }
  const chosen = spread(kills, count / 2);
  missed = 0;
  done = 0;
  await inParallel(chosen, width, async ({ state, point }, at) => {
    const directory = join(folder, `recovery-${at}`);
    cpSync(state.directory, directory, { recursive: true });
    const { signal } = await kill("recoverer.mjs", { directory }, point, folder);
    if (signal !== "SIGKILL") missed += 1;
    const found = await judge(directory, state.expected, state.bystanders);
    const after = `after the writer's ${textOf(state.point)}`;
    failures.recovery.push(...found.map((line) => `${textOf(point)} ${after}: ${line}`));
    rmSync(directory, { recursive: true });
    report((done += 1), chosen.length, "recovery");
  });
  yield {
    row: "recovery killed before each system call, run again",
    count: chosen.length - missed,
    facts: { missed },
    failures: failures.recovery,
  };
}

/** Looks before the recovery, recovers in a new process, and looks once more. */
async function judge(directory, expected, bystanders) {
  const before = await checkFolder(directory, { expected, ignores: isBystander, recovered: false });
  return [
    ...before.failures.map((line) => `before the recovery, ${line}`),
    ...(await recoverAndCheck(directory, expected, bystanders)),
  ];
}

async function findPoints(program, options, directory, original) {
  return (await recordCalls(program, options, directory, original)).filter(isChanging);
}

function kill(program, options, { thread, name: call, nth }, folder) {
  const logPath = join(folder, `${thread}-${call}-${nth}-${Math.random()}.log`);
  const inject = `${call}:signal=KILL:when=${nth}`;
  return runFollowed(program, options, { thread, inject, logPath });
}

/** Which files there are and how far each was written, without what differs from run to run. */
function shapeOf(directory, bystanders) {
  return readdirSync(directory)
    .filter((fileName) => !bystanders.owns(fileName))
    .map((fileName) => {
      const text = readFileSync(join(directory, fileName), "utf8");
      const lines = text.split("\n").length;
      const kind = fileName.replaceAll(/\d+-[0-9a-f]+/g, "");
      return `${kind} ${fileName.endsWith(".json") ? /"status": "\w+"/.exec(text)?.[0] : Math.min(lines, 4)}`;
    })
    .toSorted()
    .join("\n");
}

function textOf({ thread, name: call, nth, line }) {
  return `${call} ${nth} of the ${thread} thread (${line.slice(0, 80)})`;
}

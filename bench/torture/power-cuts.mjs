/**
 * Cuts the power of a disk under a writer, on three file systems, in two ways:
 *
 * - `shutdown`: the file system is told to stop at once and to write nothing more, not even its log
 *   (every other time the log, but no data). ext4 and xfs can do that, btrfs from Linux 6.19 on.
 * - `snapshot`: the blocks of the disk are copied in one moment, and the copy is what is found
 *   after the reboot. What had not been sent to the disk is not in it.
 *
 * Then the file system is mounted again, a recovery runs, and what was flushed must be there.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { makeLedger } from "./parts/acknowledged.mjs";
import { checkFolder, findLeftovers, namesIn } from "./parts/check-folder.mjs";
import { startChild } from "./parts/child.mjs";
import { FILE_SYSTEMS, makeDisk, makeShelf, whyNoDisk } from "./parts/loop-disk.mjs";

const LENGTH = 60;
const LONGEST_LIFE_MS = 250;
/** A disk that has stopped must not stop its writer. */
const SURVIVES_MS = 150;

export const name = "power-cuts";
export const counts = { quick: 4, full: 60 };

export async function* run({ count, folder, report }) {
  const reasons = new Map();
  for (const fileSystem of FILE_SYSTEMS) {
    reasons.set(fileSystem, await whyNoDisk(fileSystem, join(folder, "probe")));
  }
  const shelf =
    reasons.get("xfs") === undefined ? await makeShelf(join(folder, "shelf")) : undefined;
  try {
    for (const fileSystem of FILE_SYSTEMS) {
      for (const way of ["shutdown", "snapshot"]) {
        const row = `power cut on ${fileSystem}, by ${way}`;
        const skipped =
          reasons.get(fileSystem) ??
          (shelf === undefined ? "there is no xfs to keep the disk in" : undefined);
        if (skipped !== undefined) yield { row, skipped };
        else {
          const disk = makeDisk(fileSystem, join(shelf.path, `${fileSystem}-${way}`));
          try {
            yield {
              row,
              ...(await cutOften(disk, way, count, (done) => report(done, count, row))),
            };
          } finally {
            await disk.destroy();
          }
        }
      }
    }
  } finally {
    await shelf?.destroy();
  }
}

async function cutOften(disk, way, count, report) {
  const failures = new Set();
  const facts = { "flushed operations": 0, "of them after the flush": 0, conversations: 0 };
  const complete = new Map();
  const directory = join(disk.path, "conversations");
  await disk.format();
  await disk.mount();
  for (let cut = 0; cut < count; cut += 1) {
    const ledger = makeLedger();
    const found = await cutOnce(disk, way, directory, ledger, cut);
    if (found === "cannot") return { skipped: "this kernel cannot shut this file system down" };
    await disk.mount();
    found.push(...(await judge(directory, ledger, complete, facts)));
    // What one cut has spoilt is found after all later cuts.
    for (const line of found) {
      if (![...failures].some((known) => known.endsWith(line))) failures.add(`cut ${cut}: ${line}`);
    }
    report(cut + 1);
  }
  await disk.unmount();
  return { count, facts, failures: [...failures] };
}

/** Cuts the power at a random time of a writer's life. Returns what is wrong with the writer. */
async function cutOnce(disk, way, directory, ledger, cut) {
  let frozen = false;
  let show;
  const shown = new Promise((resolve) => {
    show = resolve;
  });
  const onLine = (line) => {
    show();
    // After the cut the writer acknowledges by a disk that is no more, so this does not count.
    if (!frozen) ledger.onLine(line);
  };
  // Every other writer waits for its flushes, so that much is flushed. The others run ahead.
  const inTurn = Math.floor(cut / 2) % 2 === 0;
  const options = { directory, prefix: `c${cut}`, sessions: 3, lives: 0, length: LENGTH, inTurn };
  const writer = startChild("writer.mjs", { ...options, flushEvery: 5 }, { onLine });
  await Promise.race([shown, writer.ended]);
  await pass(Math.random() * LONGEST_LIFE_MS);
  const found = [];
  if (way === "shutdown") {
    frozen = true;
    const isDown = await disk.shutDown({ withLog: cut % 2 === 1 });
    if (isDown) await pass(SURVIVES_MS);
    if (writer.child.exitCode !== null)
      found.push(`the writer has ended: ${writer.errors.join("")}`);
    writer.child.kill("SIGKILL");
    await writer.ended;
    await disk.unmount();
    return isDown ? found : "cannot";
  }
  frozen = true;
  await disk.snapshot();
  if (writer.child.exitCode !== null) found.push(`the writer has ended: ${writer.errors.join("")}`);
  writer.child.kill("SIGKILL");
  await writer.ended;
  await disk.unmount();
  disk.restore();
  return found;
}

async function judge(directory, ledger, complete, facts) {
  const failures = [];
  const { code, errors } = await startChild("recoverer.mjs", { directory, foreignQuietMs: 0 })
    .ended;
  if (code !== 0) failures.push(`the recovery ended with ${code}: ${errors}`);
  for (const [fileName, hash] of complete) {
    if (hashOf(join(directory, fileName)) !== hash)
      failures.push(`${fileName} of an earlier boot was changed`);
  }
  const expected = new Map(
    [...ledger.sessions].map(([id, { flushed }]) => [
      id,
      { length: LENGTH, atLeast: flushed, atMost: LENGTH },
    ]),
  );
  const ignores = (id) => !expected.has(id);
  const after = await checkFolder(directory, {
    expected,
    ignores,
    recovered: true,
    damagedEnd: true,
  });
  // A journal whose first line had not been synced is kept, because it does not tell whose it is.
  const left = findLeftovers(directory).filter((fileName) => !fileName.includes(".damaged"));
  failures.push(...after.failures, ...left.map((fileName) => `left: ${fileName}`));
  for (const { flushed, acknowledged } of ledger.sessions.values()) {
    facts["flushed operations"] += flushed;
    facts["of them after the flush"] += acknowledged - flushed;
  }
  const files = namesIn(directory).filter((fileName) => /^[^.].*\.json$/.test(fileName));
  for (const fileName of files) complete.set(fileName, hashOf(join(directory, fileName)));
  facts.conversations = files.length;
  return failures;
}

function hashOf(path) {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("hex");
  } catch (error) {
    return error.code;
  }
}

function pass(durationMs) {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/**
 * Cuts a journal off at each of its bytes, and flips each single bit of it. Damage must be reported,
 * and what remains must be to the letter what was written. A reader must find the same before a
 * recovery.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readConversation, recoverConversations } from "../../dist/src/store/index.js";
import { spread } from "./parts/in-parallel.mjs";
import { leaveJournals } from "./parts/left-journals.mjs";
import { canonical, tellStateWithout } from "./parts/story.mjs";

const LENGTH = 19;
/** The conversation is still open, because only then there is a journal. */
const WRITTEN = 18;

export const name = "damaged-journal";
export const counts = { quick: 3000, full: Infinity };

export async function* run({ count, folder, report }) {
  const original = join(folder, "original");
  await leaveJournals(original, { length: LENGTH, written: WRITTEN, sessions: 1 });
  const journalName = readdirSync(original).find((fileName) => fileName.endsWith(".journal"));
  const jsonName = journalName.replace(/journal$/, "json");
  const journal = readFileSync(join(original, journalName));
  const published = readFileSync(join(original, jsonName));
  const lines = linesOf(journal);
  const recover = makeRecovery(join(folder, "damaged"), journalName, jsonName);

  const cuts = spread(
    Array.from({ length: journal.length }, (_, at) => at),
    count / 4,
  );
  const bits = Array.from({ length: journal.length * 8 }, (_, bit) => bit);
  for (const { what, beside } of [
    { what: "nothing but the journal", beside: undefined },
    { what: "the published file beside it", beside: published },
  ]) {
    const cut = await testEach(cuts, (at) => judgeCut(at), `cut, ${what}`);
    yield { row: `journal cut off at each byte, ${what}`, ...cut };
    const flipped = await testEach(
      spread(bits, count / 4),
      (bit) => judgeFlip(bit),
      `bits, ${what}`,
    );
    yield { row: `each bit of a journal flipped, ${what}`, ...flipped };

    async function judgeCut(at) {
      const outcome = await recover(journal.subarray(0, at), beside);
      const whole = lines.filter(({ end }) => end - 1 <= at).length;
      if (beside !== undefined) return judgeWhole(outcome);
      if (whole === 0) return judgeUnknown(outcome);
      // After a cut between two lines, nothing tells that more was written.
      return judgeWithout(outcome, range(whole, lines.length), 0);
    }

    async function judgeFlip(bit) {
      const at = Math.floor(bit / 8);
      const damaged = Buffer.from(journal);
      damaged[at] ^= 1 << (bit % 8);
      const outcome = await recover(damaged, beside);
      if (beside !== undefined) return judgeWhole(outcome);
      const hit = lines.findIndex(({ end }) => at < end);
      // If a line feed is flipped, it joins two lines. The reader may tell them apart all the same.
      if (at === lines[hit].end - 1) {
        const fault = judgeWithout(outcome, [], 1);
        if (fault === undefined || hit === 0) return fault && judgeUnknown(outcome);
        return judgeWithout(outcome, [hit, hit + 1], 1) && fault;
      }
      if (hit === 0) return judgeUnknown(outcome);
      return judgeWithout(outcome, [hit], 1);
    }
  }

  async function testEach(items, judge, what) {
    const failures = [];
    for (const [done, item] of items.entries()) {
      const fault = await judge(item);
      if (fault !== undefined) failures.push(`at ${item}: ${fault}`);
      report(done + 1, items.length, what);
    }
    return { count: items.length, failures };
  }
}

/** The journal has lost its first line, so it must be kept, and reported. */
function judgeUnknown({ reports, problems, left }) {
  const [only] = reports;
  const isKept = left.some((fileName) => fileName.includes(".journal"));
  if (!isKept) return "the journal is gone";
  if (only !== undefined && (only.outcome !== "set_aside" || problems.length === 0)) {
    return `${only.outcome}, ${problems.length} problems told`;
  }
}

/** The published file has what the journal lost. */
function judgeWhole({ reports, document, read }) {
  if (document === undefined) return `no valid file: ${JSON.stringify(reports)}`;
  const whole = tellStateWithout("left-1", LENGTH, WRITTEN, []);
  if (canonical(document) !== whole) return "the record is not whole";
  if (read !== whole) return "it was not read whole before it was recovered";
}

function judgeWithout({ reports, problems, document, read }, missing, leastDamaged) {
  if (document === undefined) return `no valid file: ${JSON.stringify(reports)}`;
  const expected = tellStateWithout("left-1", LENGTH, WRITTEN, missing);
  if (canonical(document) !== expected) return "other words than were written";
  if (read !== expected) return "other words were read than were recovered";
  const damagedLines = document.integrity.damaged_lines;
  if (damagedLines < leastDamaged) return "a line is gone without a word";
  if (leastDamaged > 0 && problems.length === 0) return "a damaged line was not told";
}

/** Recovers a journal, with or without a file beside it, in a folder of its own. */
function makeRecovery(directory, journalName, jsonName) {
  return async (journal, published) => {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    writeFileSync(join(directory, journalName), journal);
    if (published !== undefined) writeFileSync(join(directory, jsonName), published);
    const read = await readConversation(join(directory, jsonName)).then(
      ({ conversation }) => canonical(conversation),
      () => undefined,
    );
    const problems = [];
    const onProblem = (line) => problems.push(line);
    const reports = await recoverConversations(directory, { onProblem, foreignQuietMs: 0 });
    const left = readdirSync(directory);
    const document = left.includes(jsonName)
      ? JSON.parse(readFileSync(join(directory, jsonName), "utf8"))
      : undefined;
    return { reports, problems, left, document, read };
  };
}

function linesOf(journal) {
  const lines = [];
  for (let end = journal.indexOf(10) + 1; end > 0; end = journal.indexOf(10, end) + 1)
    lines.push({ end });
  return lines;
}

function range(from, to) {
  return Array.from({ length: to - from }, (_, n) => from + n);
}

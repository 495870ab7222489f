import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { expectNothingLost, killDemo, readRecords, startDemo } from "../support/recorded-demos.js";

const KILLS = Number(process.env["DEMO_KILLS"] ?? 10);
/** How many demos run at once. */
const LANES = 2;
/** A demo at this speed takes longer. */
const LONGEST_LIFE_MS = 8000;

it(
  `each message that a demo printed is recovered, though ${KILLS} were killed at random moments`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "talktrace-kills-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const lanes = Array.from({ length: LANES }, (_, lane) => join(directory, String(lane)));
    const counts = await Promise.all(
      lanes.map((lane) => killRepeatedly(lane, Math.ceil(KILLS / LANES))),
    );
    const messages = counts.reduce((sum, count) => sum + count, 0);
    console.log(
      `${messages} messages were printed before the kills, and every one was found again`,
    );
    expect(messages).toBeGreaterThan(KILLS);
  },
  KILLS * 60_000,
);

/** Kills demos in one folder, then lets the next start complete what they left. Gives the messages. */
async function killRepeatedly(folder: string, kills: number): Promise<number> {
  mkdirSync(folder);
  const printed: string[][] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    const demo = startDemo(folder);
    await demo.line(/^\[AGENT\]/);
    // A random moment is what this test is about: nothing waits for this time.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * LONGEST_LIFE_MS));
    printed.push(await killDemo(demo));
  }

  const next = startDemo(folder);
  await next.line(/^\[USER\]/);
  next.child.kill("SIGINT");
  await next.ended;

  const records = readRecords(folder);
  expect(records).toHaveLength(kills + 1);
  expect(records.map(({ session }) => session.status).toSorted()).toEqual([
    "complete",
    ...Array.from({ length: kills }, () => "recovered"),
  ]);
  expectNothingLost(records, printed);
  return printed.flat().length;
}

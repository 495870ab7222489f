import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tellParcelStory } from "../../src/demo/script.js";
import type { Conversation } from "../../src/record/index.js";
import type { Ended } from "../support/demo-process.js";
import { expectNothingLost, killDemo, readRecords, startDemo } from "../support/recorded-demos.js";

// Ten kills at random moments: test/faults/demo-kills.test.ts.

let directory: string;
let printed: string[][];
let ended: Ended;
let records: Conversation[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "talktrace-cut-"));
  const whileGreeting = startDemo(directory);
  await whileGreeting.line(/^\[AGENT\]/);
  const greeted = await killDemo(whileGreeting);

  const [, second] = tellParcelStory();
  const inMidCall = startDemo(directory);
  await inMidCall.line(new RegExp(`^\\[USER\\] ${second?.utterance.text ?? "nobody"}`));
  printed = [greeted, await killDemo(inMidCall)];

  const next = startDemo(directory);
  await next.line(/^\[USER\]/);
  next.child.kill("SIGINT");
  ended = await next.ended;
  records = readRecords(directory);
}, 120_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("a demo that Ctrl-C ends in mid-call completes its file and exits with code 130", () => {
  expect(ended).toMatchObject({ code: 130, signal: null });
  const completed = records.filter(({ session }) => session.status === "complete");
  expect(completed).toHaveLength(1);
  expect(completed[0]?.conversation.some(({ role }) => role === "user")).toBe(true);
});

it("each message that a killed demo printed is in the file that the next demo recovers", () => {
  expect(printed.map((lines) => lines.length > 0)).toEqual([true, true]);
  expect(printed[1]?.some((line) => line.startsWith("[USER]"))).toBe(true);
  expectNothingLost(records, printed);
});

it("killed demos leave nothing but one file each, once the next demo has recovered them", () => {
  expect(readdirSync(directory).filter((name) => !name.endsWith(".json"))).toEqual([]);
  expect(records.map(({ session }) => session.status)).toEqual([
    "recovered",
    "recovered",
    "complete",
  ]);
});

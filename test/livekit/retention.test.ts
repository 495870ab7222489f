import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initializeLogger, voice } from "@livekit/agents";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Telemetry, observe, startTelemetry } from "../../src/livekit/index.js";
import { removeOldRecordings } from "../../src/livekit/retention.js";
import { nameSpoolFile } from "../../otel/spool/spool-name.js";
import { openStore } from "../../src/store/index.js";
import { createOfflineSession } from "../compat/support/hold-call.js";

const OLD = "conversation_20200101_090000";
const OPEN = "conversation_20200102_090000";
const REMOVED = /^Removed 1 conversation \(2 files\) that began more than 30 days ago/;

let folder: string;
let telemetry: Telemetry | undefined;
const problems: string[] = [];
let onProblem: (line: string) => void = () => undefined;
const report = (line: string): void => {
  problems.push(line);
  onProblem(line);
};
beforeEach(() => {
  initializeLogger({ pretty: false, level: "silent" });
  folder = mkdtempSync(join(tmpdir(), "talktrace-retention-"));
});
afterEach(async () => {
  await telemetry?.shutdown();
  telemetry = undefined;
  problems.length = 0;
  rmSync(folder, { recursive: true });
});

/** Makes files seem unchanged since 2020. */
function age(...fileNames: string[]): void {
  const then = Date.UTC(2020, 0, 2) / 1000;
  for (const fileName of fileNames) utimesSync(join(folder, fileName), then, then);
}

function leaveOld(name: string): void {
  const fileNames = [`${name}.json`, `${name}.tags.json`];
  for (const fileName of fileNames) writeFileSync(join(folder, fileName), "{}");
  age(...fileNames);
}

function startAgent(keepDays: string | undefined): Telemetry {
  telemetry = startTelemetry({
    directory: folder,
    console: false,
    reportProblem: report,
    env: {
      OTEL_TRACES_EXPORTER: "none",
      ...(keepDays !== undefined && { TALKTRACE_KEEP_DAYS: keepDays }),
    },
  });
  return telemetry;
}

async function holdCall(): Promise<string | undefined> {
  const { session, close } = createOfflineSession();
  const observation = observe(session, { reportProblem: report });
  await session.start({ agent: new voice.Agent({ instructions: "Listen." }), record: false });
  const { path } = observation;
  await close();
  return path;
}

it("a session removes the calls that are older than TALKTRACE_KEEP_DAYS, never an open one, and tells it in one line", async () => {
  leaveOld(OLD);
  const open = openStore({ directory: folder, onProblem: report });
  open.open({ id: "open", started_at: "2020-01-02T09:00:00.000000+00:00", software: {} });
  await open.flush();
  age(`${OPEN}.json`, `${OPEN}.journal`);
  const removed = new Promise<string>((resolve) => (onProblem = resolve));
  startAgent("30");
  const path = await holdCall();
  expect(await removed).toMatch(REMOVED);
  // The same process looks again only after an hour.
  leaveOld(`${OLD}_2`);
  const next = await holdCall();
  await removeOldRecordings(startAgent("30"), report);
  expect(problems).toHaveLength(1);
  const files = readdirSync(folder).map((name) => join(folder, name));
  expect(files).toEqual(
    expect.arrayContaining([
      path,
      next,
      join(folder, `${OPEN}.json`),
      join(folder, `${OPEN}.journal`),
    ]),
  );
  expect(files).not.toContain(join(folder, `${OLD}.json`));
  expect(files).toContain(join(folder, `${OLD}_2.json`));
  await open.shutdown();
});

it.each([
  ["is not set", undefined, 0],
  ["is empty", "", 0],
  ["is unusable, which is told once", "0.5", 1],
])("a session removes nothing if TALKTRACE_KEEP_DAYS %s", async (_what, keepDays, told) => {
  leaveOld(OLD);
  const started = startAgent(keepDays);
  await holdCall();
  await removeOldRecordings(started, report);
  expect(readdirSync(folder)).toContain(`${OLD}.json`);
  expect(problems).toHaveLength(told);
});

it("a fault of the folder of spans does not hide that calls were removed", async () => {
  leaveOld(OLD);
  writeFileSync(join(folder, ".spool"), "a file in the place of the folder");
  await removeOldRecordings(startAgent("30"), report);
  expect(readdirSync(folder)).toEqual([".spool"]);
  expect(problems).toEqual([
    expect.stringMatching(REMOVED),
    expect.stringMatching(/^Cannot remove what is older than 30 days: .*ENOTDIR/),
  ]);
});

it("a session removes spans that have waited for longer than TALKTRACE_KEEP_DAYS", async () => {
  const createdMs = Date.UTC(2020, 0, 1);
  const spool = join(folder, ".spool");
  mkdirSync(spool);
  for (const ofMs of [createdMs, Date.now()])
    writeFileSync(
      join(spool, nameSpoolFile({ owner: undefined, createdMs: ofMs, lane: "0123abcd" })),
      "",
    );
  await removeOldRecordings(startAgent("30"), report);
  expect(problems).toEqual([
    expect.stringMatching(/^Removed 1 file of spans that began more than 30/),
  ]);
  expect(readdirSync(spool)).toHaveLength(1);
});

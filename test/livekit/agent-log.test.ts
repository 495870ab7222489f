import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, "support/log-calls.mjs");

interface Scene {
  where: "worker" | "outside" | "terminal";
  format?: string;
}

/** Two processes hold all calls, because each takes three seconds of CPU to load LiveKit. */
const WITH_LOGGER: Scene[] = [
  { where: "worker" },
  { where: "terminal" },
  { where: "worker", format: "plain" },
  { where: "terminal", format: "log" },
];
const WITHOUT_LOGGER: Scene[] = [
  { where: "outside" },
  { where: "outside", format: "log" },
  { where: "outside", format: "0" },
];

/** The lines of each scene's output, and the files that it wrote. */
interface HeldCalls extends Scene {
  out: string[];
  err: string[];
  files: string[];
}

const root = mkdtempSync(path.join(tmpdir(), "talktrace-log-"));
let held: HeldCalls[];
beforeAll(async () => {
  const [withLogger, withoutLogger] = await Promise.all([
    holdScenes("with-logger", WITH_LOGGER),
    holdScenes("without-logger", WITHOUT_LOGGER),
  ]);
  held = [...withLogger, ...withoutLogger];
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function holdScenes(logger: string, scenes: Scene[]): Promise<HeldCalls[]> {
  const given = scenes.map((scene, at) => ({
    ...scene,
    directory: path.join(root, `${logger}-${at}`),
  }));
  const env: NodeJS.ProcessEnv = { ...process.env, OTEL_TRACES_EXPORTER: "none" };
  const { stdout, stderr } = await run(process.execPath, [program, logger, JSON.stringify(given)], {
    env,
  });
  const parts = (text: string): string[][] =>
    text
      .split("== end of the scene\n")
      .map((part) => part.split("\n").filter((line) => line !== ""));
  const [outs, errs] = [parts(stdout), parts(stderr)];
  expect([outs.length, errs.length]).toEqual([scenes.length + 1, scenes.length + 1]);
  return given.map(({ directory, ...scene }, at) => ({
    ...scene,
    out: outs[at] ?? [],
    err: errs[at] ?? [],
    files: readdirSync(directory)
      .map((name) => path.join(directory, name))
      .toSorted(),
  }));
}

/** What one of the scenes has left. */
function holdCalls(where: Scene["where"], format?: string): HeldCalls {
  const found = held.find((each) => each.where === where && each.format === format);
  if (found === undefined) throw new Error(`no scene holds calls ${where} with ${format}`);
  return found;
}

const FIRST = { session: "session-1", room: "room-one" };
const SECOND = { session: "session-2", room: "room-two" };

it("In a worker every line is JSON of LiveKit's logger: each message with its call, turn and wait, and problems as warnings", () => {
  const { out, err, files } = holdCalls("worker");
  expect(err).toEqual([]);
  const logged = out.map((line) => {
    const { time, pid, hostname, ...rest } = JSON.parse(line) as { [key: string]: unknown };
    expect([typeof time, pid === process.pid, typeof hostname]).toEqual([
      "number",
      false,
      "string",
    ]);
    return rest;
  });
  const [info, warn] = [30, 40];
  const question = '[USER] Where is "my" parcel? Please.';
  expect(logged).toEqual([
    {
      level: warn,
      msg: expect.stringMatching(/^talktrace: Cannot observe "string": expected an AgentSession/),
    },
    { level: info, msg: `talktrace: recording to ${files[0]}`, ...FIRST },
    { level: info, msg: question, ...FIRST, turn: "t_1" },
    { level: info, msg: `talktrace: recording to ${files[1]}`, ...SECOND },
    { level: info, msg: "[AGENT] It is on", ...FIRST, turn: "t_1", wait_s: 1.1 },
    { level: info, msg: "[AGENT not heard] its way.", ...FIRST, turn: "t_1" },
    { level: info, msg: "[AGENT] It is on its way.", ...SECOND, turn: "t_1", wait_s: 1.1 },
    { level: info, msg: "talktrace: complete, 2 messages, waited 1.10 s (median)", ...FIRST },
    { level: info, msg: "talktrace: complete, 1 message, waited 1.10 s (median)", ...SECOND },
  ]);
});

it.each([
  ["outside", undefined],
  ["terminal", undefined],
  ["worker", "plain"],
] as const)(
  "Lines are plain, with the room while several calls run: %s, TALKTRACE_CONSOLE=%s",
  (where, format) => {
    const { out, files } = holdCalls(where, format);
    expect(out.filter((line) => !line.includes('"level":40'))).toEqual([
      `talktrace: recording to ${files[0]}`,
      '[USER] Where is "my" parcel? Please.',
      `(room-two) talktrace: recording to ${files[1]}`,
      "(room-one) [AGENT] It is on",
      "(room-one) [AGENT not heard] its way.",
      "(room-two) [AGENT] It is on its way.",
      "(room-one) talktrace: complete, 2 messages, waited 1.10 s (median)",
      "talktrace: complete, 1 message, waited 1.10 s (median)",
    ]);
  },
);

it("Outside a worker a problem is a line on stderr, and without a logger `log` prints plain lines", () => {
  const { out, err } = holdCalls("outside", "log");
  expect(err).toEqual([expect.stringMatching(/^talktrace: Cannot observe "string"/)]);
  expect(out[1]).toBe('[USER] Where is "my" parcel? Please.');
});

it("With TALKTRACE_CONSOLE=log a terminal gets LiveKit's log as well", () => {
  const { out } = holdCalls("terminal", "log");
  expect(out.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual(
    Array.from({ length: 8 }, () => 30),
  );
});

it("With TALKTRACE_CONSOLE=0 a call prints nothing", () => {
  expect(holdCalls("outside", "0").out).toEqual([]);
});

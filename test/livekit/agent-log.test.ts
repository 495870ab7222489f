import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it } from "vitest";

const run = promisify(execFile);
const program = path.resolve(import.meta.dirname, "support/log-calls.mjs");
const directories: string[] = [];
afterEach(() => {
  for (const each of directories.splice(0)) rmSync(each, { recursive: true, force: true });
});

/** Holds two calls in a process; gives the lines of its output and the files that it wrote. */
async function holdCalls(where: "worker" | "outside" | "terminal", format?: string) {
  const directory = mkdtempSync(path.join(tmpdir(), "talktrace-log-"));
  directories.push(directory);
  const { stdout, stderr } = await run(process.execPath, [program, where, directory], {
    env: {
      ...process.env,
      OTEL_TRACES_EXPORTER: "none",
      ...(format === undefined ? {} : { TALKTRACE_CONSOLE: format }),
    },
  });
  const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
  const files = readdirSync(directory).map((name) => path.join(directory, name));
  return { out: lines(stdout), err: lines(stderr), files: files.toSorted() };
}

const FIRST = { session: "session-1", room: "room-one" };
const SECOND = { session: "session-2", room: "room-two" };

it("In a worker every line is JSON of LiveKit's logger: each message with its call, turn and wait, and problems as warnings", async () => {
  const { out, err, files } = await holdCalls("worker");
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
  async (where, format) => {
    const { out, files } = await holdCalls(where, format);
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

it("Outside a worker a problem is a line on stderr, and without a logger `log` prints plain lines", async () => {
  const { out, err } = await holdCalls("outside", "log");
  expect(err).toEqual([expect.stringMatching(/^talktrace: Cannot observe "string"/)]);
  expect(out[1]).toBe('[USER] Where is "my" parcel? Please.');
});

it("With TALKTRACE_CONSOLE=log a terminal gets LiveKit's log as well", async () => {
  const { out } = await holdCalls("terminal", "log");
  expect(out.map((line) => (JSON.parse(line) as { level: number }).level)).toEqual(
    Array.from({ length: 8 }, () => 30),
  );
});

it("With TALKTRACE_CONSOLE=0 a call prints nothing", async () => {
  expect((await holdCalls("outside", "0")).out).toEqual([]);
});

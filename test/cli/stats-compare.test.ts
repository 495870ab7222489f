import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import { compareCalls, summarizeCall, summarizeCalls } from "../../src/insight/index.js";
import { generateCall } from "../support/generate-call.js";
import { keepOutput } from "../support/keep-output.js";

const conversations = Array.from({ length: 30 }, (_, at) => {
  const { conversation } = generateCall(at + 1, false);
  const version = at < 15 ? "1.4" : "1.5";
  return { ...conversation, session: { ...conversation.session, attributes: { version } } };
});
const nameOf = (at: number): string => `conversation_20260101_0900${String(at).padStart(2, "0")}`;
// As the folder gives them: the newest first.
const calls = conversations.map((each, at) => summarizeCall(nameOf(at), each)).toReversed();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-stats-"));
  for (const [at, each] of conversations.entries())
    writeFileSync(join(folder, `${nameOf(at)}.json`), JSON.stringify(each));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(command: string, ...args: string[]) {
  const terminal = keepOutput();
  const line = [command, "--directory", folder, ...args];
  await (await createProgram(terminal)).parseAsync(line, { from: "user" });
  return terminal;
}
const json = async (...args: [string, ...string[]]): Promise<unknown> =>
  JSON.parse((await run(...args)).out.join("")) as unknown;
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

it("`talktrace stats --json` gives what summarizeCalls() says of the calls that fit", async () => {
  expect(await json("stats", "--json")).toEqual(plain(summarizeCalls(calls)));
  expect(await json("stats", "--json", "--by", "version")).toEqual(
    plain(summarizeCalls(calls, "version")),
  );
  const some = calls.filter(({ version }) => version === "1.5");
  expect(await json("stats", "--json", "version:1.5")).toEqual(plain(summarizeCalls(some)));
});

it("`talktrace stats` prints waits by stage, their histogram, and findings in 100 calls", async () => {
  const [text = ""] = (await run("stats")).out;
  expect(text).toMatch(/^30 calls, 2026-\d\d-\d\d; \d+ replies with a wait$/m);
  expect(text).toMatch(/^text to speech +\d+ +0\.\d+/m);
  expect(text).toMatch(/^together +\d+/m);
  expect(text).toMatch(/^ *0\.5 to 0\.75 s +\d+ {2}[█▉▊▋▌▍▎▏]+$/m);
  expect(text).toMatch(/^[◆▲●] {2}unanswered +\d+ +\d+ +\d+\.\d$/m);
});

it("`talktrace stats` says on stderr that no call fits", async () => {
  expect((await run("stats", "zzzz")).err).toEqual(["No call fits"]);
});

it("`talktrace compare A B --json` gives what compareCalls() says of both sides", async () => {
  const side = (wanted: string) => calls.filter(({ version }) => version === wanted);
  const expected = compareCalls(side("1.4"), side("1.5"));
  expect(await json("compare", "version:1.4", "version:1.5", "--json")).toEqual(plain(expected));
});

it("`talktrace compare` prints both sides, what differs, intervals, and the worst calls of B", async () => {
  const [text = ""] = (await run("compare", "version:1.4", "version:1.5")).out;
  expect(text).toMatch(/^A {2}15 calls {2}\d+ replies/m);
  expect(text).toMatch(/^versions: only in A: 1\.4; only in B: 1\.5$/m);
  expect(text).toMatch(
    /^wait p50, s +\d\.\d+ +\d\.\d+ +[+-]?0\.\d+ {2}[+-]?0\.\d+ to [+-]?0\.\d+ \(95%\) +cannot tell$/m,
  );
  expect(text).toMatch(/^[◆▲●] {2}conversation_\d+_\d+@\d+:\d\d\.\d {2}.+\.$/m);
  expect(text).toContain("Calls were drawn anew 2000 times, seed 1");
});

it("`talktrace compare` says which side has no call", async () => {
  await expect(run("compare", "version:1.4", "version:9")).rejects.toThrow(
    `Cannot compare: no call in "${folder}" fits "version:9"`,
  );
});

it.each(["list", "search", "stats", "compare"])(
  "`talktrace %s` fails on a folder that is missing, and says what to do",
  async (command) => {
    const args = { search: ["x"], compare: ["x", "y"] }[command] ?? [];
    const line = [command, "--directory", join(folder, "missing"), ...args];
    await expect(
      (await createProgram(keepOutput())).parseAsync(line, { from: "user" }),
    ).rejects.toThrow(/there is no such folder; name another with --directory/);
  },
);

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/program.js";
import { type CheckResult, type CallSummary, summarizeCall } from "../../src/insight/index.js";
import type { Conversation } from "../../src/record/index.js";
import { generateCall } from "../support/generate-call.js";
import { keepOutput } from "../support/keep-output.js";

const CALLS = 60;
let folder: string;
let slow: string;
const summaries: CallSummary[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-check-"));
  slow = join(folder, "slow");
  mkdirSync(slow);
  for (let seed = 1; seed <= CALLS; seed += 1) {
    const name = `conversation_20260101_0900${String(seed).padStart(2, "0")}`;
    const { conversation } = generateCall(seed, false);
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(conversation));
    summaries.push(summarizeCall(name, conversation));
    writeBoth(name, conversation);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
});

/** A call of before, and the same a day later with every wait three seconds longer. */
function writeBoth(name: string, conversation: Conversation): void {
  writeFileSync(
    join(slow, `${name}.json`),
    JSON.stringify({ ...conversation, session: { ...conversation.session, room: "before" } }),
  );
  const later = structuredClone(conversation);
  later.session.room = "after";
  for (const message of later.conversation)
    if (message.role === "agent" && message.latency?.e2e_s !== undefined) {
      message.latency.e2e_s += 3;
      const { marks } = message.latency;
      if (marks.playback_start !== undefined) marks.playback_start += 3;
    }
  writeFileSync(join(slow, `${name.replace("20260101", "20260102")}.json`), JSON.stringify(later));
}

/** In a function, because TypeScript believes that it is what was set above. */
function readExitCode(): number {
  return Number(process.exitCode ?? 0);
}

async function check(directory: string, ...args: string[]) {
  const terminal = keepOutput();
  process.exitCode = undefined;
  const failure = await parseCommandLine(terminal, [
    "check",
    "--directory",
    directory,
    ...args,
  ]).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  return {
    text: terminal.out.join("\n"),
    err: terminal.err,
    code: readExitCode(),
    failure,
  };
}

it("`talktrace check` exits 1 and names each call with a bad finding, and exits 0 without one", async () => {
  const bad = summaries.filter(({ findings }) =>
    findings.some(({ severity }) => severity === "bad"),
  );
  const { code, text } = await check(folder, "--json");
  expect(code).toBe(1);
  const result = JSON.parse(text) as CheckResult;
  expect(result.failed.map(({ name }) => name).toSorted()).toEqual(
    bad.map(({ name }) => name).toSorted(),
  );
  expect((await check(folder, "-finding:bad")).failure).toBeDefined();
  const fine = await check(folder, "--", "-finding:bad");
  expect(fine).toMatchObject({ code: 0, err: [], failure: undefined });
  expect(fine.text).toContain("fine");
  expect((await check(folder, "--fail-on", "never")).code).toBe(0);
});

it("`talktrace check --max slow_reply=N%` judges that rule by its share of the calls alone", async () => {
  const waiting = summaries.filter(({ replies }) => replies.e2e_s.length > 0);
  const share =
    (100 *
      waiting.filter(({ findings }) => findings.some(({ rule }) => rule === "slow_reply")).length) /
    waiting.length;
  expect(share).toBeGreaterThan(0);
  const over = await check(
    folder,
    "--fail-on",
    "never",
    "--max",
    `slow_reply=${(share - 0.01).toFixed(3)}%`,
    "--json",
  );
  expect(over.code).toBe(1);
  expect((JSON.parse(over.text) as CheckResult).limits[0]).toMatchObject({
    name: "slow_reply",
    unit: "%",
    outcome: "failed",
    value: share,
  });
  expect(
    (await check(folder, "--fail-on", "never", "--max", `slow_reply=${(share + 0.01).toFixed(3)}%`))
      .code,
  ).toBe(0);
});

it("`talktrace check --max e2e_p95=…` cannot tell where nothing was measured", async () => {
  expect((await check(folder, "--fail-on", "never", "--max", "e2e_p50=60s")).code).toBe(0);
  expect((await check(folder, "--fail-on", "never", "--max", "e2e_p50=1ms")).code).toBe(1);
  const { code, text } = await check(folder, "e2e:>900s", "--max", "e2e_p95=2s");
  expect(code).toBe(2);
  expect(text).toContain("cannot tell");
});

it.each([
  ["slow_replay=5%", 'did you mean "slow_reply"?'],
  ["slow_reply", "is no limit"],
  ["slow_reply=5s", "is in % or calls"],
  ["e2e_p95=3", "is in seconds"],
])("`talktrace check --max %s` is refused with the reason and exit code 2", async (limit, why) => {
  const { failure, code } = await check(folder, "--max", limit);
  expect(failure?.message).toContain(why);
  expect(code).toBe(2);
});

it("`talktrace check --max e2e_p95=…` says how many waits there are, and how many it needs", async () => {
  const few = summaries.find(
    ({ replies }) => replies.e2e_s.length > 0 && replies.e2e_s.length < 20,
  );
  if (few === undefined) throw new Error("every call has many waits");
  const lone = join(folder, "lone");
  mkdirSync(lone);
  cpSync(join(folder, `${few.name}.json`), join(lone, `${few.name}.json`));
  const limits = ["--max", "e2e_p95=2.5s", "--max", "e2e_p50=60s"];
  const { code, text } = await check(lone, "--fail-on", "never", ...limits, "--json");
  expect(code).toBe(2);
  expect((JSON.parse(text) as CheckResult).unknown).toEqual([
    `"e2e_p95" needs at least 20 replies with a wait, and the checked calls have ${few.replies.e2e_s.length}.`,
  ]);
});

it.each(["2020-11-22 14:30", "2020-11-22", "9999d"])(
  "`talktrace check --since '%s'` checks the calls since then",
  async (since) => {
    const { text } = await check(folder, "--since", since, "--fail-on", "never", "--json");
    expect((JSON.parse(text) as CheckResult).calls).toBe(CALLS);
  },
);

it.each(['1d" room:"x', "", "7"])("`talktrace check --since %j` is no moment", async (since) => {
  const { failure, code, err } = await check(folder, "--since", since);
  expect(`${String(failure)} ${err.join(" ")}`).toContain(`"${since}" is no moment`);
  expect(failure === undefined ? code : 2).toBe(2);
});

it("`talktrace check --baseline` fails on a change for the worse that is beyond doubt, and on none else", async () => {
  const worse = await check(slow, "room:after", "--baseline", "room:before", "--json");
  expect(worse.code).toBe(1);
  const { baseline } = JSON.parse(worse.text) as CheckResult;
  expect(baseline).toMatchObject({ calls: CALLS });
  expect(baseline?.changes).toContainEqual(
    expect.objectContaining({ name: "e2e_s", statistic: "p50", verdict: "slower" }),
  );
  for (const { interval } of baseline?.changes ?? [])
    expect((interval?.low ?? 0) * (interval?.high ?? 0)).toBeGreaterThan(0);
  expect((await check(slow, "room:before", "--baseline", "room:after")).code).toBe(0);
  const few = await check(slow, "room:after", "--baseline", "room:nobody");
  expect(few.code).toBe(2);
  expect(few.text).toContain("too few to compare");
});

it("`talktrace check` cannot tell where no call fits, or one cannot be read, or the folder is not there", async () => {
  const broken = join(folder, "broken");
  mkdirSync(broken);
  cpSync("conversations/sample-parcel-desk.json", join(broken, "a.json"));
  expect((await check(broken)).code).toBe(0);
  writeFileSync(join(broken, "b.json"), '{"format": 1, "conv');
  const { code, err, text } = await check(broken);
  expect(code).toBe(2);
  expect(err.join("\n")).toContain("cut short at byte");
  expect(text).toContain('"b" cannot be read');
  expect((await check(broken, "room:nobody-is-here")).code).toBe(2);
  const missing = await check(join(folder, "nowhere"));
  expect(missing).toMatchObject({ code: 2 });
  expect(missing.failure?.message).toContain("there is no such folder");
});

it("`talktrace check --format junit` is well-formed XML with a failure for each finding", async () => {
  const { text } = await check(folder, "--format", "junit", "--max", "tool_failed=0");
  const open: string[] = [];
  const tags = [...text.matchAll(/<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g)];
  for (const [, isEnd, name = "", , isEmpty] of tags) {
    if (isEnd && open.at(-1) === name) open.pop();
    else if (isEnd || !isEmpty) open.push(name);
  }
  expect(open).toEqual([]);
  const between = text
    .replace(/^<\?xml[^>]*>/, "")
    .replace(/<\/?[a-z]+(?: [a-z]+="[^"<]*")*\/?>/g, "");
  expect(between).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
  const { failed } = JSON.parse(
    (await check(folder, "--max", "tool_failed=0", "--format", "json")).text,
  ) as CheckResult;
  expect(text.split("<failure").length - 1).toBe(
    failed.flatMap(({ findings }) => findings).length + 1,
  );
});

it("`talktrace check --format github` annotates, and no text can end an annotation or begin another", async () => {
  const { text } = await check(folder, "--format", "github");
  const lines = text.split("\n");
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(/^::error title=[^:,]+::[^\r]+$/);
  expect(lines.at(-1)).toMatch(/^talktrace check: failed, 60 calls$/);
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import stringWidth from "string-width";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import type { LatencyChange, LatencyGroup } from "../../src/insight/index.js";
import { type Conversation, parseTimestamp, toTimestamp } from "../../src/record/index.js";
import { generateCall } from "../support/generate-call.js";
import { keepOutput } from "../support/keep-output.js";

const DAY_MS = 86_400_000;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-over-time-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A generated call at another time, whose replies take longer by `more_s` in the LLM. */
function callAt(seed: number, startMs: number, more_s = 0): Conversation {
  const { conversation } = generateCall(seed, false);
  const fromMs = parseTimestamp(conversation.session.started_at);
  const move = (at: string): string => toTimestamp(parseTimestamp(at) - fromMs + startMs, 0);
  return {
    ...conversation,
    session: { ...conversation.session, started_at: toTimestamp(startMs, 0) },
    conversation: conversation.conversation.map((message) => {
      const moved = { ...message, timestamp: move(message.timestamp) };
      if (moved.role !== "agent" || moved.latency?.e2e_s === undefined) return moved;
      const marks = Object.entries(moved.latency.marks).map(([mark, at_s]) => [
        mark,
        /^(llm_first|tts|playback)/.test(mark) ? at_s + more_s : at_s,
      ]);
      const shifted = { ...moved.latency, marks: Object.fromEntries(marks) as object };
      return { ...moved, latency: { ...shifted, e2e_s: moved.latency.e2e_s + more_s } };
    }),
  };
}

function makeFolder(name: string, calls: readonly Conversation[]): string {
  const path = mkdtempSync(join(folder, name));
  for (const [at, call] of calls.entries())
    writeFileSync(join(path, `conversation_${at}.json`), JSON.stringify(call));
  return path;
}

async function latency(directory: string, ...args: string[]) {
  const terminal = keepOutput();
  const line = ["latency", "--directory", directory, ...args];
  await (await createProgram(terminal)).parseAsync(line, { from: "user" });
  return terminal;
}
const json = async <T>(directory: string, ...args: string[]): Promise<T> =>
  JSON.parse((await latency(directory, "--json", ...args)).out.join("")) as T;

it("`talktrace latency` leaves calls of the demo out, says so, and counts them with --demo or by name", async () => {
  const call = callAt(1, Date.now());
  const directory = makeFolder("demo", [{ ...call, session: { ...call.session, demo: true } }]);
  const without = await latency(directory);
  expect(without.out).toEqual([]);
  expect(without.err).toEqual([
    "No reply in 0 conversations has a wait",
    "1 call of the demo is left out; --demo counts them",
  ]);
  const groups = await json<LatencyGroup[]>(directory, "--demo");
  expect(groups[0]?.e2e_s.n).toBeGreaterThan(0);
  expect(await json(directory, join(directory, "conversation_0.json"))).toEqual(groups);
});

it("`talktrace latency --since --until --by week` counts the calls of that time, week by week", async () => {
  const start = Date.parse("2026-09-07T12:00:00Z");
  const calls = [0, 7, 8, 14].map((day) => callAt(day + 1, start + day * DAY_MS));
  const directory = makeFolder("weeks", calls);
  const keysOf = async (...args: string[]) =>
    (await json<LatencyGroup[]>(directory, "--by", "week", ...args)).map(({ key }) => key);
  expect(await keysOf()).toEqual(["2026-W37", "2026-W38", "2026-W39"]);
  expect(await keysOf("--since", "2026-09-14T00:00:00Z")).toEqual(["2026-W38", "2026-W39"]);
  expect(
    await keysOf("--since", "2026-09-14T00:00:00Z", "--until", "2026-09-20T00:00:00Z"),
  ).toEqual(["2026-W38"]);
  await expect(latency(directory, "--since", "noon")).rejects.toThrow("it has the form 7d, 2h");
  await expect(latency(directory, "--against", "soon")).rejects.toThrow("such as 7d, 12h or 2w");
});

it("`talktrace latency` counts a call without a date only if no time is asked for", async () => {
  const call = callAt(1, Date.parse("2026-09-07T12:00:00Z"));
  const started_at = "2026-02-31T12:00:00.000000+00:00";
  const directory = makeFolder("undated", [{ ...call, session: { ...call.session, started_at } }]);
  expect(await json<LatencyGroup[]>(directory)).toHaveLength(1);
  for (const bound of ["--since", "--until"])
    for (const day of ["2020-01-01", "2099-01-01"])
      expect(await json<LatencyGroup[]>(directory, bound, day)).toEqual([]);
});

it("`talktrace latency --against 7d` tells the difference to the week before in one sentence, with its cause", async () => {
  const now = Date.now();
  const slower = Array.from({ length: 24 }, (_, at) =>
    at < 12
      ? callAt(at + 1, now - 10 * DAY_MS + at * 1000)
      : callAt(at - 11, now - DAY_MS + at * 1000, 0.8),
  );
  const directory = makeFolder("slower", slower);
  const change = await json<LatencyChange>(directory, "--against", "7d");
  expect([change.before.calls, change.after.calls]).toEqual([12, 12]);
  expect(change.conclusion).toMatch(
    /^Callers wait longer: the median wait was \d\.\d\d s before and \d\.\d\d s now \(\+0\.\d\d to \+\d\.\d\d s\), most of it in llm \(\+0\.80 s\)/,
  );
  const llm = change.figures.find(({ name }) => name === "llm");
  expect(llm).toMatchObject({ difference: 0.8, verdict: "slower" });
  const { out } = await latency(directory, "--against", "7d");
  expect(out[0]?.startsWith(change.conclusion)).toBe(true);
  expect(out[0]).toMatch(/^now +12 calls +\d+ replies/m);
  const same = makeFolder(
    "same",
    slower.map((_, at) => callAt((at % 12) + 1, now - (at < 12 ? 10 : 1) * DAY_MS + at * 1000)),
  );
  expect((await json<LatencyChange>(same, "--against", "7d")).conclusion).toMatch(
    /^Nobody can tell a difference: the median wait was (\d\.\d\d) s before and \1 s now/,
  );
  const few = makeFolder("few", slower.slice(11, 13));
  expect((await json<LatencyChange>(few, "--against", "7d")).conclusion).toMatch(
    /^Nobody can tell from so few calls \(1 before, 1 now, 10 are needed\)/,
  );
  const none = makeFolder("none", slower.slice(12));
  expect((await json<LatencyChange>(none, "--against", "7d")).conclusion).toBe(
    "Nothing can be compared, because no reply before has a wait.",
  );
});

it("`talktrace latency --csv` prints the same figures as --json, and no cell that a spreadsheet would run", async () => {
  const call = callAt(3, Date.now());
  const evil = '=HYPERLINK("http://x","y")';
  const messages = call.conversation.map((message) =>
    message.role === "agent" ? { ...message, agent: evil } : message,
  );
  const directory = makeFolder("csv", [{ ...call, conversation: messages }]);
  const groups = await json<LatencyGroup[]>(directory, "--by", "agent");
  const [head = "", ...rows] = (await latency(directory, "--by", "agent", "--csv")).out
    .join("")
    .split("\n");
  expect(head).toBe("group,stage,n,min_s,p50_s,p95_s,p99_s,max_s");
  const quoted = `"'${evil.replaceAll('"', '""')}"`;
  const expected = groups.flatMap(({ e2e_s, stages_s }) =>
    [...Object.entries(stages_s), ["together", e2e_s] as const].map(([stage, spread]) =>
      [
        quoted,
        stage,
        ...[spread.n, spread.min, spread.p50, spread.p95, spread.p99, spread.max].map(
          (value) => value ?? "",
        ),
      ].join(","),
    ),
  );
  expect(rows).toEqual(expected);
});

it("`talktrace latency` names its unit, and keeps to a terminal of 40 columns", async () => {
  const directory = makeFolder("narrow", [callAt(1, Date.now()), callAt(2, Date.now())]);
  const terminal = { ...keepOutput(), columns: 40 };
  const line = ["latency", "--directory", directory];
  await (await createProgram(terminal)).parseAsync(line, { from: "user" });
  const [text = ""] = terminal.out;
  expect(text).toMatch(/^Waits for a reply in seconds, 2 calls$/m);
  for (const each of text.split("\n")) expect(stringWidth(each)).toBeLessThanOrEqual(40);
});

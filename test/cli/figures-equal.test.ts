import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.js";
import type {
  CallStatistics,
  Comparison,
  LatencyGroup,
  ListedCall,
} from "../../src/insight/index.js";
import { type Conversation, summarize } from "../../src/record/index.js";
import { generateCall } from "../support/generate-call.js";
import { keepOutput } from "../support/keep-output.js";
import { countOf } from "../support/counts.js";

const CALLS = countOf(40, 120);
const nameOf = (at: number): string => `call_${String(at).padStart(3, "0")}`;
const corpus = new Map<string, Conversation>(
  Array.from({ length: CALLS }, (_, at) => {
    const { conversation } = generateCall(at + 1, at % 2 === 0);
    const session = { ...conversation.session, attributes: { half: at < CALLS / 2 ? "a" : "b" } };
    return [nameOf(at), { ...conversation, session }] as const;
  }),
);
/** What the record's own function says of each call, and nothing of the commands' code. */
const figures = new Map([...corpus].map(([name, call]) => [name, summarize(call)]));
const waitsOf = (names: Iterable<string>): number[] =>
  [...names].flatMap((name) =>
    (corpus.get(name)?.conversation ?? []).flatMap((message) =>
      message.role === "agent" ? (message.latency?.e2e_s ?? []) : [],
    ),
  );

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "talktrace-equal-"));
  for (const [name, call] of corpus)
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(call));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function json<T>(command: string, ...args: string[]): Promise<T> {
  const terminal = keepOutput();
  const line = [command, "--directory", folder, "--json", ...args];
  await (await createProgram(terminal)).parseAsync(line, { from: "user" });
  return JSON.parse(terminal.out.join("")) as T;
}

function sum(of: (name: string) => number | undefined): number {
  return [...figures.keys()].reduce((total, name) => total + (of(name) ?? 0), 0);
}

/** The percentile by sorting, interpolated between the two nearest ranks. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(rank)] ?? NaN, sorted[Math.ceil(rank)] ?? NaN];
  return below + (above - below) * (rank - Math.floor(rank));
}

it("`talktrace list --json` has of every call the figures that summarize() gives", async () => {
  const listed = await json<ListedCall[]>("list", "--limit", String(CALLS));
  expect(listed.map(({ name }) => name).toSorted()).toEqual([...corpus.keys()]);
  for (const call of listed) {
    const own = figures.get(call.name);
    expect({
      user_messages: call.user_messages,
      agent_messages: call.agent_messages,
      interruptions: call.interruptions,
      duration_s: call.duration_s,
      median_wait_s: call.median_wait_s,
      waits: call.waits_s.length,
    }).toEqual({
      user_messages: own?.user_messages,
      agent_messages: own?.agent_messages,
      interruptions: own?.interruptions,
      duration_s: own?.duration_s,
      median_wait_s: own?.e2e_s?.median,
      waits: own?.e2e_s?.n ?? 0,
    });
  }
});

it("`talktrace stats --json` adds up to what summarize() gives, by every grouping", async () => {
  const stats = await json<CallStatistics>("stats");
  expect(stats).toMatchObject({
    calls: CALLS,
    user_messages: sum((name) => figures.get(name)?.user_messages),
    agent_messages: sum((name) => figures.get(name)?.agent_messages),
    interruptions: sum((name) => figures.get(name)?.interruptions),
  });
  const all = waitsOf(corpus.keys());
  expect(all).toHaveLength(sum((name) => figures.get(name)?.e2e_s?.n));
  expect(stats.e2e_s?.n).toBe(all.length);
  expect(stats.e2e_s?.min).toBeCloseTo(Math.min(...all), 6);
  expect(stats.e2e_s?.p50).toBeCloseTo(percentile(all, 0.5), 6);
  expect(stats.e2e_s?.p95).toBeCloseTo(percentile(all, 0.95), 6);
  expect(stats.e2e_s?.p99).toBeCloseTo(percentile(all, 0.99), 6);
  expect(stats.e2e_s?.max).toBeCloseTo(Math.max(...all), 6);
  expect(stats.histogram.reduce((n, bin) => n + bin.n, 0)).toBe(all.length);
  const durations = [...figures.values()].flatMap(({ duration_s }) => duration_s ?? []);
  expect(stats.duration_s?.p50).toBeCloseTo(percentile(durations, 0.5), 6);
  for (const by of ["agent", "stt", "llm", "tts", "version", "hour", "day", "week"]) {
    const { groups } = await json<CallStatistics>("stats", "--by", by);
    expect(groups.reduce((n, { e2e_s }) => n + e2e_s.n, 0)).toBe(all.length);
    expect(await json<LatencyGroup[]>("latency", "--by", by)).toEqual(groups);
  }
});

it("`talktrace compare --json` has on each side the figures that summarize() gives", async () => {
  const {
    a,
    b,
    figures: compared,
  } = await json<Comparison>("compare", "attr.half:a", "attr.half:b");
  for (const [side, half, key] of [
    [a, "a", "a"],
    [b, "b", "b"],
  ] as const) {
    const names = [...corpus].flatMap(([name, { session }]) =>
      session.attributes?.["half"] === half ? [name] : [],
    );
    expect(side.calls).toBe(names.length);
    const waits = waitsOf(names);
    expect(side.replies).toBe(waits.length);
    for (const [statistic, share] of [
      ["p50", 0.5],
      ["p95", 0.95],
    ] as const) {
      const figure = compared.find((each) => each.name === "e2e_s" && each.statistic === statistic);
      expect(figure?.[key]).toBeCloseTo(percentile(waits, share), 6);
    }
  }
});

it.each([["stats"], ["list", "--limit", String(CALLS)]])(
  "`talktrace %s` computes its figures, whatever the files state in `metrics`",
  async (command, ...args) => {
    const before = await json(command, ...args);
    const wrongs = [...corpus].map(([name, call], at) => {
      const known = { ...summarize(call), duration_s: 1, e2e_s: {}, unheard_words: 1, turns: 1 };
      const spread = { n: 999, min: 999, median: 999, max: 999 };
      const wrong = Object.fromEntries(
        Object.entries(known).map(([key, value]) => [
          key,
          typeof value === "number" ? 999 : spread,
        ]),
      );
      const { user_messages, agent_messages, interruptions, user_speech_s, agent_speech_s } = wrong;
      const older = { user_messages, agent_messages, interruptions, user_speech_s, agent_speech_s };
      const { silences, longest_monologue } = summarize(call);
      const metrics = { ...wrong, silences, longest_monologue };
      return [name, { ...call, metrics: at % 2 === 0 ? metrics : older }] as const;
    });
    try {
      for (const [name, call] of wrongs)
        writeFileSync(join(folder, `${name}.json`), JSON.stringify(call));
      expect(await json(command, ...args)).toEqual(before);
    } finally {
      for (const [name, call] of corpus)
        writeFileSync(join(folder, `${name}.json`), JSON.stringify(call));
    }
  },
);

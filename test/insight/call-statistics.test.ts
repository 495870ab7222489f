import { expect, it } from "vitest";
import {
  describeSpread,
  findFindings,
  groupLatencies,
  summarizeCall,
  summarizeCalls,
} from "../../src/insight/index.js";
import { summarize } from "../../src/record/index.js";
import { generateCall } from "../support/generate-call.js";

const conversations = Array.from(
  { length: 80 },
  (_, seed) => generateCall(seed + 1, false).conversation,
);
const calls = conversations.map((each, index) => summarizeCall(`call_${index}`, each));

it("every figure of summarizeCalls() is that of summarize() over the calls read one by one", () => {
  const figures = conversations.map(summarize);
  const total = (key: "user_messages" | "agent_messages" | "interruptions"): number =>
    figures.reduce((sum, each) => sum + each[key], 0);
  const answer = summarizeCalls(calls);
  expect(answer).toMatchObject({
    calls: conversations.length,
    user_messages: total("user_messages"),
    agent_messages: total("agent_messages"),
    interruptions: total("interruptions"),
    duration_s: describeSpread(figures.flatMap(({ duration_s }) => duration_s ?? [])),
    groups: groupLatencies(conversations),
  });
  expect(answer.e2e_s?.n).toBe(figures.reduce((sum, { e2e_s }) => sum + (e2e_s?.n ?? 0), 0));
  expect(answer.e2e_s?.max).toBe(Math.max(...figures.map(({ e2e_s }) => e2e_s?.max ?? 0)));
  expect(answer.histogram.reduce((sum, { n }) => sum + n, 0)).toBe(answer.e2e_s?.n);
  expect(answer.trend.reduce((sum, { n }) => sum + n, 0)).toBe(answer.e2e_s?.n);
});

it("the findings of summarizeCalls() are those of each call, counted by rule", () => {
  const found = conversations.map((each) => findFindings(each));
  for (const { rule, findings, calls: withIt, per_100_calls } of summarizeCalls(calls).findings) {
    expect(findings).toBe(found.flat().filter((each) => each.rule === rule).length);
    expect(withIt).toBe(found.filter((each) => each.some((one) => one.rule === rule)).length);
    expect(per_100_calls).toBeCloseTo((findings / conversations.length) * 100, 2);
  }
  const rules = new Set(found.flat().map(({ rule }) => rule));
  expect(summarizeCalls(calls).findings).toHaveLength(rules.size);
});

it.each(["agent", "stt", "llm", "tts", "hour", "day", "week"] as const)(
  "summarizeCalls() by %s has the groups of groupLatencies()",
  (by) => {
    expect(summarizeCalls(calls, by).groups).toEqual(groupLatencies(conversations, by));
  },
);

it("summarizeCalls() by version takes what the agent calls its own version", () => {
  const [first, second] = conversations;
  const ofVersion = (version: string, call: typeof first) => {
    const session = { ...call!.session, attributes: { version } };
    return summarizeCall(version, { ...call!, session });
  };
  const { groups } = summarizeCalls(
    [ofVersion("1.4.2", first), ofVersion("1.5.0", second)],
    "version",
  );
  expect(groups.map(({ key, e2e_s }) => [key, e2e_s.n])).toEqual(
    [first, second].map((call, index) => [
      index === 0 ? "1.4.2" : "1.5.0",
      summarize(call!).e2e_s?.n,
    ]),
  );
});

it("summarizeCalls() of no calls has no figure that it cannot know", () => {
  expect(summarizeCalls([])).toEqual({
    calls: 0,
    user_messages: 0,
    agent_messages: 0,
    interruptions: 0,
    by: "all",
    groups: [],
    histogram: [],
    trend: [],
    findings: [],
  });
});

import { expect, it } from "vitest";
import { compareCalls, summarizeCall } from "../../src/insight/index.js";
import type { Conversation } from "../../src/record/index.js";
import { generateCall } from "../support/generate-call.js";

const make = (from: number, count: number): Conversation[] =>
  Array.from({ length: count }, (_, index) => generateCall(from + index, false).conversation);
const summaries = (calls: readonly Conversation[]) =>
  calls.map((call, index) => summarizeCall(`call_${index}`, call));
const before = make(1, 60);

/** The same call with every wait longer, as of a slower model. */
function slower(call: Conversation, byS: number): Conversation {
  return {
    ...call,
    conversation: call.conversation.map((message) =>
      message.role === "agent" && message.latency?.e2e_s !== undefined
        ? {
            ...message,
            llm_model: "slow-model",
            latency: { ...message.latency, e2e_s: message.latency.e2e_s + byS },
          }
        : message,
    ),
  };
}

it("compareCalls() of the same calls cannot tell any difference", () => {
  const { figures, differs } = compareCalls(summaries(before), summaries(before));
  expect(figures.length).toBeGreaterThan(10);
  for (const { difference, verdict } of figures)
    expect({ difference, verdict }).toEqual({ difference: 0, verdict: "cannot_tell" });
  expect(differs).toEqual([]);
});

it("compareCalls() says that replies got slower by what was put in, and that only the model differs", () => {
  const after = before.map((call) => slower(call, 1.5));
  const { figures, differs } = compareCalls(summaries(before), summaries(after));
  const median = figures.find(({ name, statistic }) => name === "e2e_s" && statistic === "p50");
  expect(median).toMatchObject({ difference: 1.5, verdict: "slower" });
  expect(median?.interval?.low).toBeLessThan(1.5);
  expect(median?.interval?.high).toBeGreaterThan(1.5);
  expect(differs).toEqual([expect.objectContaining({ what: "models", only_b: ["slow-model"] })]);
  const back = compareCalls(summaries(after), summaries(before)).figures;
  expect(back.find(({ name }) => name === "e2e_s")?.verdict).toBe("faster");
});

it("compareCalls() of calls that were made alike errs no more often than its level says", () => {
  const verdicts = Array.from({ length: 6 }, (_, round) => {
    const [a, b] = [make(1000 + round * 100, 40), make(1050 + round * 100, 40)];
    return compareCalls(summaries(a), summaries(b), { resamples: 200 }).figures;
  }).flat();
  const wrong = verdicts.filter(({ verdict }) => verdict !== "cannot_tell");
  expect(wrong.length / verdicts.length).toBeLessThan(0.05);
});

it("compareCalls() gives the same answer for the same calls, and another one's draws for another seed", () => {
  const [a, b] = [summaries(before.slice(0, 30)), summaries(before.slice(30))];
  expect(compareCalls(a, b)).toEqual(compareCalls(a, b));
  const [one, two] = [compareCalls(a, b), compareCalls(a, b, { seed: 2 })];
  expect(one.figures.map(({ difference }) => difference)).toEqual(
    two.figures.map(({ difference }) => difference),
  );
  expect(one.figures).not.toEqual(two.figures);
});

it("compareCalls() of a few calls gives the figures, and says of none that it differs", () => {
  const { figures, resamples } = compareCalls(
    summaries(before.slice(0, 3)),
    summaries(before.map((call) => slower(call, 9))),
  );
  expect(resamples).toBe(0);
  expect(figures.find(({ name }) => name === "e2e_s")?.difference).toBeGreaterThan(8);
  for (const { verdict, interval } of figures) {
    expect(verdict).toBe("cannot_tell");
    expect(interval).toBeUndefined();
  }
});

it("compareCalls() names the worst calls of the second side with the moment to look at", () => {
  const after = summaries(make(300, 30));
  const { worst_of_b } = compareCalls(summaries(before), after);
  const mostBad = Math.max(
    ...after.map(({ findings }) => findings.filter(({ severity }) => severity === "bad").length),
  );
  expect(worst_of_b[0]?.bad).toBe(mostBad);
  for (const { name, at_s, text } of worst_of_b)
    expect(after.find((call) => call.name === name)?.findings).toContainEqual(
      expect.objectContaining({ at_s, text }),
    );
});

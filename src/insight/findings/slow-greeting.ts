import type { Speech } from "../../record/index.js";
import { type Rule, grade, seconds } from "./finding.js";

/** The agent, which speaks first, was heard late. */
export const slowGreeting: Rule = ({ speeches, startMs, limits, at }) => {
  let first: Speech | undefined;
  for (const speech of speeches)
    if (momentOf(speech) < (first === undefined ? Infinity : momentOf(first))) first = speech;
  if (first?.role !== "agent" || first.startedMs === undefined) return [];
  const waited_s = (first.startedMs - startMs) / 1000;
  const severity = grade(waited_s, limits.slowGreetingS);
  if (severity === undefined) return [];
  return [
    {
      rule: "slow_greeting",
      severity,
      at_s: 0,
      until_s: at(first.startedMs),
      message_ids: [first.id],
      value: waited_s,
      limit: limits.slowGreetingS.warn,
      unit: "s",
      text: `The agent's first word was heard ${seconds(waited_s)} after the session began.`,
      certain: true,
    },
  ];
};

function momentOf({ startedMs, unlocatedMs }: Speech): number {
  return startedMs ?? unlocatedMs ?? Infinity;
}

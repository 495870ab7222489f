import { findEvent, textOf } from "./event-finding.js";
import { type Rule, count } from "./finding.js";

/**
 * A tool was called with the same arguments again and again. It is told at the call that reached the
 * limit.
 */
export const toolLoop: Rule = (facts) => {
  const calls = new Map<string, number>();
  const loops = new Map<string, { event: (typeof facts.conversation.events)[number]; n: number }>();
  for (const event of facts.conversation.events) {
    if (event.type !== "tool_call" || textOf(event, "arguments") === undefined) continue;
    const key = JSON.stringify([event.data["name"], event.data["arguments"]]);
    const n = (calls.get(key) ?? 0) + 1;
    calls.set(key, n);
    if (n === facts.limits.toolLoopTimes) loops.set(key, { event, n });
    const loop = loops.get(key);
    if (loop !== undefined) loop.n = n;
  }
  return [...loops.values()].flatMap(({ event, n }) =>
    findEvent(facts, event, {
      rule: "tool_loop",
      severity: "warn",
      value: n,
      limit: facts.limits.toolLoopTimes,
      text: `The tool "${textOf(event, "name") ?? "a tool"}" was called ${count(n, "time")} with the same arguments.`,
    }),
  );
};

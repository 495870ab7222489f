import { findEvent, textOf } from "./event-finding.js";
import { type Rule, seconds } from "./finding.js";

/** A tool took long. */
export const toolSlow: Rule = (facts) =>
  facts.conversation.events
    .filter(({ type }) => type === "tool_call")
    .flatMap((event) => {
      const ran_s = event.data["duration_s"];
      if (typeof ran_s !== "number" || ran_s < facts.limits.toolSlowS) return [];
      return findEvent(facts, event, {
        rule: "tool_slow",
        severity: "warn",
        value: ran_s,
        limit: facts.limits.toolSlowS,
        unit: "s",
        text: `The tool "${textOf(event, "name") ?? "a tool"}" took ${seconds(ran_s)}.`,
      });
    });

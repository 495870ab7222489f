import { findEvent } from "./event-finding.js";
import type { Rule } from "./finding.js";

/** LiveKit took a sound for an interruption, but no words followed. */
export const falseInterruption: Rule = (facts) =>
  facts.conversation.events
    .filter(({ type }) => type === "false_interruption")
    .flatMap((event) => {
      const resumed = event.data["resumed"] === true;
      return findEvent(facts, event, {
        rule: "false_interruption",
        severity: resumed ? "note" : "warn",
        text: `A sound without words stopped the agent, which ${resumed ? "went on afterwards" : "did not go on"}.`,
      });
    });

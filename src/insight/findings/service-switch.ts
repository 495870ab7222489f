import { findEvent, textOf } from "./event-finding.js";
import type { Rule } from "./finding.js";

/** A fallback adapter changed to another service. */
export const serviceSwitch: Rule = (facts) =>
  facts.conversation.events
    .filter(({ type }) => type === "service_switch")
    .flatMap((event) => {
      const message = textOf(event, "message_id");
      return findEvent(facts, event, {
        rule: "service_switch",
        severity: "warn",
        message_ids: message === undefined ? [] : [message],
        text: `Speech went over from ${textOf(event, "from") ?? "one service"} to ${textOf(event, "to") ?? "another"}.`,
      });
    });

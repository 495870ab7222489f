import { findEvent, textOf } from "./event-finding.js";
import type { Rule } from "./finding.js";

/** A speech service or the LLM failed. */
export const serviceError: Rule = (facts) =>
  facts.conversation.events
    .filter(({ type }) => type === "error")
    .flatMap((event) => {
      const isRecoverable = event.data["recoverable"] === true;
      const label = textOf(event, "label") ?? textOf(event, "kind") ?? "a service";
      return findEvent(facts, event, {
        rule: "service_error",
        severity: isRecoverable ? "warn" : "bad",
        text: `${label} failed${isRecoverable ? " and was tried again" : ""}: ${textOf(event, "message") ?? "it did not say why"}.`,
      });
    });

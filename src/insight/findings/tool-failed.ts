import type { ConversationEvent } from "../../record/index.js";
import { findEvent, textOf } from "./event-finding.js";
import type { Rule } from "./finding.js";

/** A tool failed, or its answer has a key that reports an error. */
export const toolFailed: Rule = (facts) =>
  facts.conversation.events
    .filter(({ type }) => type === "tool_call")
    .flatMap((event) => {
      const name = textOf(event, "name") ?? "a tool";
      if (event.data["is_error"] === true)
        return findEvent(facts, event, {
          rule: "tool_failed",
          severity: "bad",
          text: `The tool "${name}" failed.`,
        });
      if (!saysError(textOf(event, "output"))) return [];
      return findEvent(facts, event, {
        rule: "tool_failed",
        severity: "warn",
        text: `The tool "${name}" answered with an error.`,
      });
    });

/** Whether a tool call failed, or its answer reports an error. Pure. */
export function hasFailed(event: ConversationEvent): boolean {
  return event.data["is_error"] === true || saysError(textOf(event, "output"));
}

/** Whether an answer is an object that reports an error. */
function saysError(output: string | undefined): boolean {
  if (output === undefined || !output.trimStart().startsWith("{")) return false;
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    return false;
  }
  if (answer === null || typeof answer !== "object") return false;
  const { error, success, ok, status } = answer as Record<string, unknown>;
  const names = typeof status === "string" && /^(error|failed|failure)$/i.test(status);
  const hasError = error !== undefined && error !== null && error !== false && error !== "";
  return hasError || success === false || ok === false || names;
}

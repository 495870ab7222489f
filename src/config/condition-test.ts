import { type CallFacts, type Finding, hasFailed } from "../insight/index.js";
import { readTimestamp } from "../record/index.js";
import type { Condition } from "./config.js";
import { makeTextTest } from "./text-test.js";

/** A moment at which a condition is met. */
export interface Moment {
  at_s: number;
  message_ids: string[];
  /** The words, if the moment is a message. */
  text?: string;
}

/**
 * Finds the moments of a call at which all parts of a condition are met. A condition is about messages,
 * a tool's calls, events, or findings.
 *
 * @throws {Error} if a condition is about nothing, or about two kinds of things at once
 */
export function makeConditionTest(
  condition: Condition,
): (facts: CallFacts, found: readonly Finding[]) => Moment[] {
  const { role, text, tool, ok, event, finding } = condition;
  const kinds = [
    role !== undefined || text !== undefined,
    tool !== undefined || ok !== undefined,
    event !== undefined,
    finding !== undefined,
  ].filter(Boolean).length;
  if (kinds !== 1)
    throw new Error(
      `a condition is about a message (role, text), a tool (tool, ok), an event or a finding; this one is about ${kinds === 0 ? "none" : "several"} of them`,
    );
  if (finding !== undefined)
    return (_facts, found) =>
      found
        .filter(({ rule, severity }) => rule === finding || severity === finding)
        .map(({ at_s, message_ids }) => ({ at_s, message_ids }));
  if (role !== undefined || text !== undefined) return findMessages(role, text);
  return (facts) =>
    facts.conversation.events.flatMap((each) => {
      const moment = readTimestamp(each.timestamp);
      const isOfTool = event === undefined;
      const fits = isOfTool
        ? each.type === "tool_call" &&
          (tool === undefined || each.data["name"] === tool) &&
          (ok === undefined || hasFailed(each) !== ok)
        : each.type === event;
      return fits && moment !== undefined ? [{ at_s: facts.at(moment), message_ids: [] }] : [];
    });
}

function findMessages(
  role: Condition["role"],
  text: string | undefined,
): (facts: CallFacts) => Moment[] {
  const says = text === undefined ? () => true : makeTextTest(text);
  return ({ conversation, at }) =>
    conversation.conversation.flatMap((message): Moment[] => {
      const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
      if (moment === undefined || (role !== undefined && message.role !== role)) return [];
      if (!says(message.content)) return [];
      return [{ at_s: at(moment), message_ids: [message.id], text: message.content }];
    });
}

import type { UnspokenMessage, UserMessage } from "../../record/index.js";
import { type CallFacts, type Finding, type Rule, seconds } from "./finding.js";
import { findIndex, once } from "./wait-stages.js";

/**
 * A caller's turn got no reply although the caller waited: they spoke again after a while, or the call
 * ended. It is no finding if the agent wanted no reply, or if the turn goes on and may still get one.
 */
export const unanswered: Rule = (facts) => {
  const { conversation } = facts.conversation;
  const answered = new Set(
    conversation.flatMap(({ role, turn_id }) => (role === "agent" ? [turn_id] : [])),
  );
  const stopped = new Set(
    facts.conversation.events.flatMap(({ type, turn_id }) =>
      type === "reply_stopped" ? [turn_id] : [],
    ),
  );
  const users = conversation.filter(
    (message): message is UserMessage => message.role === "user" && message.discarded === undefined,
  );
  const listAgent = once(() =>
    facts.speeches
      .flatMap(({ role, startedMs }) => (role === "agent" ? (startedMs ?? []) : []))
      .toSorted((a, b) => a - b),
  );
  const listUnspoken = once(
    // Of several replies in a turn the first one counts.
    () => new Map(facts.conversation.unspoken.toReversed().map((each) => [each.turn_id, each])),
  );
  return users.flatMap((message, index) => {
    const next = users[index + 1];
    if (answered.has(message.turn_id) || stopped.has(message.turn_id)) return [];
    // If a turn has several messages, the last one waits for the reply.
    if (next?.turn_id === message.turn_id) return [];
    return findWait(facts, message, next, listAgent, listUnspoken);
  });
};

function findWait(
  { speechById, endMs, limits, at }: CallFacts,
  message: UserMessage,
  next: UserMessage | undefined,
  listAgent: () => readonly number[],
  listUnspoken: () => ReadonlyMap<string, UnspokenMessage>,
): Finding[] {
  const fellSilentMs = speechById.get(message.id)?.audible?.endMs;
  const untilMs = next === undefined ? endMs : speechById.get(next.id)?.startedMs;
  if (fellSilentMs === undefined || untilMs === undefined) return [];
  const waited_s = (untilMs - fellSilentMs) / 1000;
  if (waited_s < limits.unansweredS) return [];
  const began = listAgent();
  const nextMs = began[findIndex(began, (startedMs) => startedMs > fellSilentMs)];
  if (nextMs !== undefined && nextMs < untilMs) return [];
  const made = listUnspoken().get(message.turn_id);
  const why = made === undefined ? "" : `; a reply was made and never heard (${made.reason})`;
  return [
    {
      rule: "unanswered",
      severity: "bad",
      at_s: at(fellSilentMs),
      until_s: at(untilMs),
      message_ids: [message.id],
      value: waited_s,
      limit: limits.unansweredS,
      unit: "s",
      text: `The caller had no reply and ${next === undefined ? "the call ended" : "spoke again"} after ${seconds(waited_s)}${why}.`,
      certain: true,
    },
  ];
}

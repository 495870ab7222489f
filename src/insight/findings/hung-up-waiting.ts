import { type CallFacts, type Finding, seconds } from "./finding.js";

const LEFT = "participant_disconnected";

/** The caller left while waiting for a reply, or right after something bad. Pure. */
export function findHungUp(
  { conversation, endMs, at, limits }: CallFacts,
  others: readonly Finding[],
): Finding[] {
  if (conversation.session.close_reason !== LEFT || endMs === undefined) return [];
  const end_s = at(endMs);
  const last = others
    .filter(({ severity }) => severity === "bad")
    .map((finding) => ({ finding, after_s: end_s - (finding.until_s ?? finding.at_s) }))
    .findLast(({ after_s }) => after_s >= -0.001 && after_s <= limits.hungUpAfterS);
  if (last === undefined) return [];
  const isWaiting = last.finding.rule === "unanswered";
  return [
    {
      rule: "hung_up_waiting",
      severity: "bad",
      at_s: last.finding.at_s,
      until_s: end_s,
      message_ids: last.finding.message_ids,
      value: isWaiting ? last.finding.value : Math.max(0, last.after_s),
      limit: limits.hungUpAfterS,
      unit: "s",
      text: isWaiting
        ? `The caller hung up after waiting ${seconds(last.finding.value)} for a reply.`
        : `The caller hung up ${seconds(Math.max(0, last.after_s))} after this: ${last.finding.text}`,
      certain: true,
    },
  ];
}

import { readTimestamp } from "../../record/index.js";
import { type Rule, grade, seconds } from "./finding.js";
import { findCauses, nameCause } from "./wait-causes.js";

/** The caller waited long from the end of their speech to the agent's first sound. */
export const slowReply: Rule = ({ conversation, limits, at, listSpoken }) =>
  conversation.conversation.flatMap((message) => {
    if (message.role !== "agent" || message.latency?.e2e_s === undefined) return [];
    const { e2e_s } = message.latency;
    const severity = grade(e2e_s, limits.slowReplyS);
    const heardMs = readTimestamp(message.started_at);
    if (severity === undefined || heardMs === undefined) return [];
    const because = findCauses(message, listSpoken, e2e_s);
    return [
      {
        rule: "slow_reply",
        severity,
        at_s: at(heardMs - e2e_s * 1000),
        until_s: at(heardMs),
        message_ids: [message.id],
        value: e2e_s,
        limit: limits.slowReplyS.warn,
        unit: "s",
        text: `The caller waited ${seconds(e2e_s)} for a reply${nameCause(because)}.`,
        ...(because.length > 0 && { because }),
        certain: true,
      },
    ];
  });

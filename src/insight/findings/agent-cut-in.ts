import { findAgentInterruptions } from "../../record/index.js";
import { type Rule, seconds } from "./finding.js";

/** The agent began to speak while the caller spoke. */
export const agentCutIn: Rule = ({ speeches, speechById, limits, at }) =>
  findAgentInterruptions(speeches).flatMap(({ agentMessage, userMessage }) => {
    const agent = speechById.get(agentMessage)?.audible;
    const user = speechById.get(userMessage)?.audible;
    if (agent === undefined || user === undefined) return [];
    const endMs = Math.min(agent.endMs, user.endMs);
    const both_s = (endMs - agent.startMs) / 1000;
    if (both_s < limits.cutInS) return [];
    return [
      {
        rule: "agent_cut_in",
        severity: "warn",
        at_s: at(agent.startMs),
        until_s: at(endMs),
        message_ids: [agentMessage, userMessage],
        value: both_s,
        limit: limits.cutInS,
        unit: "s",
        text: `The agent began to speak while the caller spoke; both were audible for ${seconds(both_s)}.`,
        certain: true,
      },
    ];
  });

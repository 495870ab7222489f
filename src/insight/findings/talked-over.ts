import { findYields } from "../../record/index.js";
import { type Rule, seconds } from "./finding.js";

/** The caller interrupted the agent, but the agent went on for long. */
export const talkedOver: Rule = ({ speeches, speechById, limits, at }) =>
  findYields(speeches).flatMap(({ agentMessage, userMessage, yieldS }) => {
    const beganMs = speechById.get(userMessage)?.startedMs;
    if (yieldS <= limits.talkedOverS || beganMs === undefined) return [];
    return [
      {
        rule: "talked_over",
        severity: "warn",
        at_s: at(beganMs),
        until_s: at(beganMs + yieldS * 1000),
        message_ids: [agentMessage, userMessage],
        value: yieldS,
        limit: limits.talkedOverS,
        unit: "s",
        text: `The agent went on for ${seconds(yieldS)} after the caller had begun to speak.`,
        certain: true,
      },
    ];
  });

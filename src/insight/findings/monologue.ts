import { findMonologues } from "../../record/index.js";
import { type Finding, type Rule, seconds } from "./finding.js";

/** The agent spoke for long without the caller taking a turn. */
export const monologue: Rule = ({ speeches, speechById, limits, at }) =>
  findMonologues(speeches).flatMap(({ role, message, spokenS }): Finding[] => {
    const startedMs = speechById.get(message)?.startedMs;
    if (role !== "agent" || spokenS <= limits.monologueS || startedMs === undefined) return [];
    return [
      {
        rule: "monologue",
        severity: "warn",
        at_s: at(startedMs),
        message_ids: [message],
        value: spokenS,
        limit: limits.monologueS,
        unit: "s",
        text: `The agent spoke for ${seconds(spokenS)} without the caller taking a turn.`,
        certain: true,
      },
    ];
  });

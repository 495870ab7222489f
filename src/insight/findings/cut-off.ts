import { readTimestamp } from "../../record/index.js";
import { type Rule, count } from "./finding.js";

/** A reply ended early, and words of it were never heard. */
export const cutOff: Rule = ({ conversation, speechById, limits, at }) =>
  conversation.conversation.flatMap((message) => {
    if (message.role !== "agent" || (message.delivery !== "partial" && message.delivery !== "none"))
      return [];
    const unheard = speechById.get(message.id)?.unheardWordCount;
    const moment = readTimestamp(message.ended_at) ?? readTimestamp(message.timestamp);
    if (unheard === undefined || unheard < limits.cutOffWords.note || moment === undefined)
      return [];
    const who = message.interrupted_by === undefined ? "" : " by the caller";
    return [
      {
        rule: "cut_off",
        severity: unheard >= limits.cutOffWords.warn ? "warn" : "note",
        at_s: at(moment),
        message_ids: [message.id],
        value: unheard,
        limit: limits.cutOffWords.note,
        unit: "words",
        text: `A reply was cut off${who}; ${count(unheard, "word")} of it ${unheard === 1 ? "was" : "were"} never heard.`,
        certain: true,
      },
    ];
  });

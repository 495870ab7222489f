import { readTimestamp } from "../../record/index.js";
import type { Finding, Rule } from "./finding.js";

/** The STT was unsure of its transcript. Services without confidence report 0, which is ignored. */
export const unsureWords: Rule = ({ conversation, limits, at }) =>
  conversation.conversation.flatMap((message): Finding[] => {
    if (message.role !== "user" || message.confidence === undefined) return [];
    const { confidence } = message;
    if (confidence === 0 || confidence >= limits.confidence) return [];
    const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    if (moment === undefined) return [];
    return [
      {
        rule: "unsure_words",
        severity: "note",
        at_s: at(moment),
        message_ids: [message.id],
        value: confidence,
        limit: limits.confidence,
        unit: "share",
        text: `The STT was unsure of these words (confidence ${confidence.toFixed(2)}).`,
        certain: true,
      },
    ];
  });

import { readTimestamp } from "../../record/index.js";
import { type Finding, type Rule } from "./finding.js";
import { shareOfWords, wordsOf } from "./words.js";

const LOOKS_BACK = 3;

/** The caller repeats the same words, as people do when they were not understood. */
export const callerRepeats: Rule = ({ conversation, limits, at }) => {
  const users = conversation.conversation
    .filter(({ role }) => role === "user")
    .map((message) => {
      const words = wordsOf(message.content);
      return { message, words, set: new Set(words) };
    });
  return users.flatMap(({ message, words, set }, index): Finding[] => {
    if (words.length < limits.repeatedWords) return [];
    const before = users
      .slice(Math.max(0, index - LOOKS_BACK), index)
      .filter((each) => each.words.length >= limits.repeatedWords)
      .map((each) => ({ message: each.message, share: shareOfWords(each.set, set) }))
      .find(({ share }) => share >= limits.repeatedShare);
    if (before === undefined) return [];
    const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    if (moment === undefined) return [];
    return [
      {
        rule: "caller_repeats",
        severity: "warn",
        at_s: at(moment),
        message_ids: [before.message.id, message.id],
        value: before.share,
        limit: limits.repeatedShare,
        unit: "share",
        text: "The caller said nearly the same words again.",
        certain: true,
      },
    ];
  });
};

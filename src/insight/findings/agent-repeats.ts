import { readTimestamp } from "../../record/index.js";
import { type Finding, type Rule } from "./finding.js";
import { shareOfWords, wordsOf } from "./words.js";

const QUESTION = /[?？؟;]\s*$/u;

/** A turn may have any number of questions. No more than these are compared with the next one. */
const LOOKS_BACK = 32;

/** The agent asked the same question again soon. A question that was cut off may be asked again. */
export const agentRepeats: Rule = ({ conversation, limits, at }) => {
  const questions = conversation.conversation.flatMap((message, index) => {
    if (message.role !== "agent" || message.delivery !== "full" || !QUESTION.test(message.content))
      return [];
    const words = wordsOf(message.content);
    return [{ message, index, words, set: new Set(words) }];
  });
  const turnNumbers = numberTurns(conversation.conversation.map(({ turn_id }) => turn_id));
  return questions.flatMap(({ message, index, words, set }, at_): Finding[] => {
    if (words.length < limits.repeatedWords) return [];
    const before = questions
      .slice(Math.max(0, at_ - LOOKS_BACK), at_)
      .filter(
        (each) => turnNumbers[index]! - turnNumbers[each.index]! <= limits.repeatedQuestionTurns,
      )
      .map((each) => ({ ...each, share: shareOfWords(each.set, set) }))
      .findLast((each) => each.share >= limits.repeatedQuestionShare);
    if (before === undefined) return [];
    const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    if (moment === undefined) return [];
    return [
      {
        rule: "agent_repeats",
        severity: "warn",
        at_s: at(moment),
        message_ids: [before.message.id, message.id],
        value: before.share,
        limit: limits.repeatedQuestionShare,
        unit: "share",
        text: "The agent asked the same question again.",
        certain: true,
      },
    ];
  });
};

/** The number of each message's turn, in the order of turns. */
function numberTurns(turnIds: readonly string[]): number[] {
  const numbers = new Map<string, number>();
  return turnIds.map((id) => {
    const known = numbers.get(id) ?? numbers.size;
    numbers.set(id, known);
    return known;
  });
}

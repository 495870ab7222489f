import { readTimestamp } from "../../record/index.js";
import { type Finding, type Rule } from "./finding.js";
import { shareOfWords, wordsOf } from "./words.js";

const QUESTION = /[?？؟;]\s*$/u;

/** The agent asked the same question again soon. A question that was cut off may be asked again. */
export const agentRepeats: Rule = ({ conversation, limits, at }) => {
  const questions = conversation.conversation.flatMap((message, index) =>
    message.role === "agent" && message.delivery === "full" && QUESTION.test(message.content)
      ? [{ message, index, words: wordsOf(message.content) }]
      : [],
  );
  const turnNumbers = numberTurns(conversation.conversation.map(({ turn_id }) => turn_id));
  return questions.flatMap(({ message, index, words }, at_): Finding[] => {
    const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    if (words.length < limits.repeatedWords || moment === undefined) return [];
    const before = questions
      .slice(0, at_)
      .map((each) => ({ ...each, share: shareOfWords(each.words, words) }))
      .findLast(
        (each) =>
          turnNumbers[index]! - turnNumbers[each.index]! <= limits.repeatedQuestionTurns &&
          each.share >= limits.repeatedQuestionShare,
      );
    if (before === undefined) return [];
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

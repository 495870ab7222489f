import { type Rule, seconds } from "./finding.js";
import { wordsOf } from "./words.js";

/**
 * Words by which listeners show that they listen, by language. Every word of the message must be one of
 * them.
 */
const BACKCHANNELS = new Set(
  [
    "mhm mm hmm uh huh uhuh yeah yes yep ok okay right sure aha ah oh",
    "हाँ हां हम्म जी अच्छा ठीक है ओके",
    "ja genau mhm ok okay klar aha stimmt",
    "sí si vale claro ajá ok",
    "oui ouais d'accord d accord ok bien hein",
  ].flatMap(wordsOf),
);
const MOST_WORDS = 3;

/** A reply was interrupted by words that only said "I am listening". */
export const stoppedForBackchannel: Rule = ({ conversation, at, speechById }) => {
  const byId = new Map(conversation.conversation.map((message) => [message.id, message]));
  return conversation.conversation.flatMap((message) => {
    if (message.role !== "agent" || message.interrupted_by === undefined) return [];
    const by = byId.get(message.interrupted_by);
    const words = by === undefined ? [] : wordsOf(by.content);
    if (by === undefined || words.length === 0 || words.length > MOST_WORDS) return [];
    if (!words.every((word) => BACKCHANNELS.has(word))) return [];
    const audible = speechById.get(message.id)?.audible;
    if (audible === undefined) return [];
    return [
      {
        rule: "stopped_for_backchannel",
        severity: "note",
        at_s: at(audible.endMs),
        message_ids: [message.id, by.id],
        value: words.length,
        limit: MOST_WORDS,
        unit: "words",
        text: `The agent stopped after ${seconds((audible.endMs - audible.startMs) / 1000)} for "${by.content}", which asks for no turn.`,
        certain: false,
      },
    ];
  });
};

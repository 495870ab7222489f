import { readTimestamp } from "../../record/index.js";
import type { Finding, Rule } from "./finding.js";
import { foldText } from "./words.js";

/**
 * Phrases by which callers ask for a person: English, Hindi, German, Spanish, French. They are written
 * in the form of `foldText()`, without accents.
 */
const PHRASES: readonly RegExp[] = [
  /\b(?:speak|talk|connect me|put me through|transfer me)\s+(?:to|with)\s+(?:an?\s+|the\s+|some\s?one\s+)?(?:real\s+|live\s+|actual\s+)?(?:human|person|agent|representative|operator|manager|supervisor|somebody|someone)\b/u,
  /\b(?:i want|i need|get me|give me)\s+(?:an?\s+)?(?:real\s+|live\s+|actual\s+)?(?:human|person|representative|operator|supervisor)\b/u,
  /(?:किसी|एक)\s+(?:इंसान|इन्सान|आदमी|व्यक्ति|अधिकारी|मैनेजर)\s+से\s+बात/u,
  /\b(?:mit|an)\s+(?:einem|einer|dem|der)\s+(?:echten\s+)?(?:menschen|mitarbeiter|mitarbeiterin|berater|person)\b.{0,20}\b(?:sprechen|reden|verbinden)\b/u,
  /\b(?:hablar|comunicarme)\s+con\s+(?:una?\s+)?(?:persona|humano|agente|operador|operadora|representante|alguien)\b/u,
  /\b(?:parler|discuter)\s+(?:a|avec)\s+(?:quelqu.un|(?:une?\s+)?(?:vraie?\s+)?(?:personne|humain|conseiller|conseillere|operateur|agent))\b/u,
];

/** The caller asked for a person. */
export const askedForHuman: Rule = ({ conversation, at }) =>
  conversation.conversation.flatMap((message): Finding[] => {
    if (message.role !== "user") return [];
    const text = foldText(message.content);
    if (!PHRASES.some((phrase) => phrase.test(text))) return [];
    const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    if (moment === undefined) return [];
    return [
      {
        rule: "asked_for_human",
        severity: "note",
        at_s: at(moment),
        message_ids: [message.id],
        value: 1,
        limit: 1,
        unit: "times",
        text: "The caller asked for a person.",
        certain: false,
      },
    ];
  });

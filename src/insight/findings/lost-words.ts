import { type DiscardReason, readTimestamp } from "../../record/index.js";
import { findEvent } from "./event-finding.js";
import { type Finding, type Rule, seconds } from "./finding.js";

const WHY: Record<DiscardReason, string> = {
  turn_cleared: "the agent cleared the turn",
  not_interruptible: "they came over speech that may not be interrupted",
  held_back: "LiveKit took them for no turn",
  stt_node: "the agent's own sttNode did not pass them on",
};

/** The caller said something that the agent never used. */
export const lostWords: Rule = (facts) => [
  ...facts.conversation.conversation.flatMap((message): Finding[] => {
    if (message.role !== "user" || message.discarded === undefined) return [];
    const moment = readTimestamp(message.started_at) ?? readTimestamp(message.timestamp);
    if (moment === undefined) return [];
    const { wordCount = 0 } = facts.speechById.get(message.id) ?? {};
    return [
      {
        rule: "lost_words",
        // Holding back a "mhm" is intended.
        severity: message.discarded === "held_back" ? "note" : "warn",
        at_s: facts.at(moment),
        message_ids: [message.id],
        value: wordCount,
        limit: 1,
        unit: "words",
        text: `The agent did not take words of the caller into account: ${WHY[message.discarded]}.`,
        certain: true,
      },
    ];
  }),
  ...facts.conversation.events
    .filter(({ type }) => type === "transcription_timeout")
    .flatMap((event) => {
      const spoken_s = event.data["speech_s"];
      const length = typeof spoken_s === "number" ? ` for ${seconds(spoken_s)}` : "";
      return findEvent(facts, event, {
        rule: "lost_words",
        severity: "warn",
        text: `The caller spoke${length} and no words came of it.`,
      });
    }),
];

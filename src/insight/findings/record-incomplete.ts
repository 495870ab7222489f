import { type Finding, type Rule, count } from "./finding.js";

/** A part of the call is not in the record, or nobody knows what was heard. */
export const recordIncomplete: Rule = ({ conversation, endMs, startMs, at }) => {
  const { integrity, session } = conversation;
  const pending = conversation.conversation.filter(
    (message) => message.role === "agent" && message.delivery === "pending",
  );
  const told: [n: number, severity: Finding["severity"], text: string, ids?: string[]][] = [
    [
      session.status === "recovered" ? 1 : 0,
      "note",
      "The process that recorded this call died; the record was completed from its journal.",
    ],
    [integrity.dropped, "warn", `${count(integrity.dropped, "change")} never reached the disk.`],
    [
      integrity.damaged_lines,
      "warn",
      `${count(integrity.damaged_lines, "journal line was", "journal lines were")} damaged.`,
    ],
    [
      session.status === "open" ? 0 : pending.length,
      "note",
      `Nobody knows what was heard of ${count(pending.length, "reply", "replies")}.`,
      pending.map(({ id }) => id),
    ],
  ];
  return told.flatMap(([n, severity, text, ids = []]): Finding[] =>
    n === 0
      ? []
      : [
          {
            rule: "record_incomplete",
            severity,
            at_s: at(endMs ?? startMs),
            message_ids: ids,
            value: n,
            limit: 1,
            unit: "times",
            text,
            certain: true,
          },
        ],
  );
};

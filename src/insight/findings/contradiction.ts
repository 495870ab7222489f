import {
  type AgentMessage,
  type Message,
  countWords,
  findDeliveryFault,
  findLastWordEnd,
  readTimestamp,
} from "../../record/index.js";
import type { CallFacts, Finding, Rule } from "./finding.js";

/** Played positions and times may differ by this much without a fault. */
const TOLERANCE_S = 0.5;

/** The record says something impossible. Each message is told once, with its first fault. */
export const contradiction: Rule = (facts) => {
  const { conversation, startMs, endMs, at } = facts;
  const ids = new Set(conversation.conversation.map(({ id }) => id));
  const ofCall: [boolean, string][] = [
    [
      readTimestamp(conversation.session.started_at) === undefined,
      "The session begins at a time that no calendar has.",
    ],
    [endMs !== undefined && endMs < startMs, "The session ends before it begins."],
    [ids.size < conversation.conversation.length, "Two messages have the same id."],
  ];
  return [
    ...ofCall.flatMap(([isWrong, text]) => (isWrong ? [tell(0, [], text)] : [])),
    ...conversation.conversation.flatMap((message) => {
      const text = findFault(facts, message, ids);
      if (text === undefined) return [];
      const moment =
        readTimestamp(message.started_at) ?? readTimestamp(message.timestamp) ?? startMs;
      return [tell(at(moment), [message.id], text)];
    }),
  ];
};

function tell(at_s: number, message_ids: string[], text: string): Finding {
  return {
    rule: "contradiction",
    severity: "warn",
    at_s,
    message_ids,
    value: 1,
    limit: 1,
    unit: "times",
    text,
    certain: true,
  };
}

function findFault(
  { startMs, endMs }: CallFacts,
  message: Message,
  ids: ReadonlySet<string>,
): string | undefined {
  const { started_at, ended_at, timestamp } = message;
  const [beganMs, overMs] = [readTimestamp(started_at), readTimestamp(ended_at)];
  const isUnreadable =
    readTimestamp(timestamp) === undefined ||
    (started_at !== undefined && beganMs === undefined) ||
    (ended_at !== undefined && overMs === undefined);
  if (isUnreadable) return "A message has a time that no calendar has.";
  if (beganMs !== undefined && overMs !== undefined && overMs < beganMs)
    return "A message ends before it begins.";
  if (beganMs !== undefined && beganMs < startMs - TOLERANCE_S * 1000)
    return "A message was heard before the session began.";
  if (endMs !== undefined && beganMs !== undefined && beganMs > endMs + TOLERANCE_S * 1000)
    return "A message was heard after the session ended.";
  return message.role === "agent" ? findAgentFault(message, ids, startMs) : undefined;
}

function findAgentFault(
  message: AgentMessage,
  ids: ReadonlySet<string>,
  startMs: number,
): string | undefined {
  const { delivery, played_s, output_s, audio, content, generated, interrupted_by, latency } =
    message;
  const isUnheard = delivery === "none" && (played_s ?? 0) > TOLERANCE_S;
  if (isUnheard && findDeliveryFault(message, findLastWordEnd(message, startMs)) !== undefined)
    return `Nothing of a reply was heard, and ${played_s?.toFixed(1)} s of it were played.`;
  const lengthS = output_s ?? audio?.duration_s;
  if (lengthS !== undefined && played_s !== undefined) {
    if (played_s > lengthS + TOLERANCE_S)
      return `${played_s.toFixed(1)} s were played of a reply that has ${lengthS.toFixed(1)} s of sound.`;
    if (delivery === "full" && played_s < lengthS - Math.max(1, lengthS / 2))
      return `A reply was heard in full, and ${played_s.toFixed(1)} of its ${lengthS.toFixed(1)} s were played.`;
  }
  if (
    delivery === "partial" &&
    generated !== undefined &&
    countWords(content) > countWords(generated) + 1
  )
    return "More words of a reply were heard than were made.";
  if (interrupted_by !== undefined && !ids.has(interrupted_by))
    return "A reply was cut off by a message that is not in the record.";
  if ((latency?.e2e_s ?? 0) < 0) return "A reply was heard before the caller had finished.";
  return undefined;
}

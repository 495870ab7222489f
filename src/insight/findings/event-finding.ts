import { type ConversationEvent, readTimestamp } from "../../record/index.js";
import type { CallFacts, Finding } from "./finding.js";

/** The finding of one event, at the event's time. Empty if that time is unreadable. Pure. */
export function findEvent(
  { at }: CallFacts,
  { timestamp }: ConversationEvent,
  told: Pick<Finding, "rule" | "severity" | "text"> & Partial<Finding>,
): Finding[] {
  const moment = readTimestamp(timestamp);
  if (moment === undefined) return [];
  return [
    {
      at_s: at(moment),
      message_ids: [],
      value: 1,
      limit: 1,
      unit: "times",
      certain: true,
      ...told,
    },
  ];
}

/** A string of an event's data; undefined if the value is no string. Pure. */
export function textOf(event: ConversationEvent, key: string): string | undefined {
  const value = event.data[key];
  return typeof value === "string" ? value : undefined;
}

import { findSilences, readTimestamp } from "../../record/index.js";
import { type CallFacts, type Rule, grade, seconds } from "./finding.js";
import { findCauses, nameCause } from "./wait-causes.js";

/**
 * Nobody was audible for long. A silence that is the wait for a slow reply belongs to that rule
 * instead. A silence that the caller ends, and one in which a tool runs, are only notes.
 */
export const deadAir: Rule = (facts) => {
  const { conversation, speeches, speechById, limits, at } = facts;
  const byId = new Map(conversation.conversation.map((message) => [message.id, message]));
  return findSilences(speeches, limits.deadAirS.warn).flatMap((silence) => {
    const lasted_s = (silence.endMs - silence.startMs) / 1000;
    const severity = grade(lasted_s, limits.deadAirS);
    const next = byId.get(silence.before);
    const latency = next?.role === "agent" ? next.latency : undefined;
    if (severity === undefined || (latency?.e2e_s ?? 0) >= limits.slowReplyS.warn) return [];
    const isCallers = next?.role === "user";
    const isTools =
      speechById.get(silence.after)?.role === "agent" &&
      runsTool(facts, silence.startMs, silence.endMs);
    const because = next?.role === "agent" ? findCauses(next, facts.listSpoken, lasted_s) : [];
    const why = isCallers
      ? ", until the caller spoke"
      : isTools
        ? ", while a tool ran"
        : nameCause(because);
    return [
      {
        rule: "dead_air",
        severity: isCallers || isTools ? "note" : severity,
        at_s: at(silence.startMs),
        until_s: at(silence.endMs),
        message_ids: [silence.after, silence.before],
        value: lasted_s,
        limit: limits.deadAirS.warn,
        unit: "s",
        text: `Nobody was audible for ${seconds(lasted_s)}${why}.`,
        ...(because.length > 0 && { because }),
        certain: true,
      },
    ];
  });
};

function runsTool({ conversation }: CallFacts, startMs: number, endMs: number): boolean {
  return conversation.events.some(({ type, timestamp, data }) => {
    if (type !== "tool_call") return false;
    const calledMs = readTimestamp(timestamp);
    if (calledMs === undefined) return false;
    const ranS = typeof data["duration_s"] === "number" ? data["duration_s"] : 0;
    return calledMs <= endMs && calledMs + ranS * 1000 >= startMs;
  });
}

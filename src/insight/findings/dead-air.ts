import { type ConversationEvent, findSilences, readTimestamp } from "../../record/index.js";
import { type Rule, grade, seconds } from "./finding.js";
import { findCauses, nameCause } from "./wait-causes.js";
import { findIndex, once } from "./wait-stages.js";

/**
 * Nobody was audible for long. A silence that is the wait for a slow reply belongs to that rule
 * instead. A silence that the caller ends, and one in which a tool runs, are only notes.
 */
export const deadAir: Rule = (facts) => {
  const { conversation, speeches, speechById, limits, at } = facts;
  const byId = new Map(conversation.conversation.map((message) => [message.id, message]));
  const listTools = once(() => listToolTimes(conversation.events));
  return findSilences(speeches, limits.deadAirS.warn).flatMap((silence) => {
    const lasted_s = (silence.endMs - silence.startMs) / 1000;
    const severity = grade(lasted_s, limits.deadAirS);
    const next = byId.get(silence.before);
    const latency = next?.role === "agent" ? next.latency : undefined;
    if (severity === undefined || (latency?.e2e_s ?? 0) >= limits.slowReplyS.warn) return [];
    const isCallers = next?.role === "user";
    const isTools =
      speechById.get(silence.after)?.role === "agent" &&
      runsTool(listTools(), silence.startMs, silence.endMs);
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

interface ToolTime {
  calledMs: number;
  /** When this call, or one before it, ended last. */
  lastEndMs: number;
}

/** When tools ran, in the order of the calls. */
function listToolTimes(events: readonly ConversationEvent[]): ToolTime[] {
  let lastEndMs = -Infinity;
  return events
    .flatMap(({ type, timestamp, data }) => {
      const calledMs = type === "tool_call" ? readTimestamp(timestamp) : undefined;
      if (calledMs === undefined) return [];
      const ranS = typeof data["duration_s"] === "number" ? data["duration_s"] : 0;
      return [{ calledMs, endMs: calledMs + ranS * 1000 }];
    })
    .toSorted((a, b) => a.calledMs - b.calledMs)
    .map(({ calledMs, endMs }) => {
      lastEndMs = Math.max(lastEndMs, endMs);
      return { calledMs, lastEndMs };
    });
}

function runsTool(tools: readonly ToolTime[], startMs: number, endMs: number): boolean {
  const last = tools[findIndex(tools, ({ calledMs }) => calledMs > endMs) - 1];
  return last !== undefined && last.lastEndMs >= startMs;
}

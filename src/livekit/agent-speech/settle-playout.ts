import type { Latency } from "../../record/index.js";
import {
  type PlayoutEnd,
  type PlayoutPart,
  type PlayoutSegment,
  findMoment,
} from "../audio/playout-segment.js";
import type { ObservedConversation } from "../conversation/observed-conversation.js";
import type { Turn } from "../conversation/turns.js";
import { findImplausibleWait } from "../latency/latency-marks.js";
import type { LlmRequests } from "../latency/llm-requests.js";
import { measureReply } from "../latency/reply-latency.js";
import { isToldBy } from "../latency/tool-rounds.js";
import { roundToMillis } from "../livekit-facts/livekit-units.js";
import { findHeardPart } from "./heard-of-synthesis.js";
import type { LiveSynthesis } from "./live-synthesis.js";

export interface PlayoutContext {
  conversation: ObservedConversation;
  requests: LlmRequests;
  isClosing(): boolean;
}

/** A synthesis of which the playout has ended. */
export interface EndedPlayout {
  synthesis: LiveSynthesis;
  part: PlayoutPart;
  segment: PlayoutSegment;
  end: PlayoutEnd;
}

/** Writes what was heard of a synthesis, once its playout has ended. */
export function settlePlayout(context: PlayoutContext, ended: EndedPlayout): void {
  const { synthesis, part, segment, end } = ended;
  const { id, turn } = synthesis;
  if (id === undefined || turn === undefined || synthesis.isUnspoken()) return;
  const { spans, interruptions } = context.conversation;
  const { heardS, startedMs, endedMs } = findAudible(ended);
  const heard = findHeardPart(synthesis, heardS, part, segment, end);
  const delivery = heard === undefined ? "full" : heard.content === "" ? "none" : "partial";
  const wasCut =
    heard !== undefined && end.interrupted && !context.isClosing() && startedMs !== undefined;
  const latency = measureLatency(context, synthesis, turn, { startedMs, endedMs });
  const playout =
    synthesis.playout ?? spans.startPlayout(id, startedMs ?? endedMs, synthesis.playoutParent);
  playout.end(
    {
      messageId: id,
      delivery,
      startedMs: delivery === "none" ? undefined : startedMs,
      endedMs,
      heard: heard?.content,
      heardBy: delivery === "partial" ? heard?.heardBy : undefined,
      playedS: roundToMillis(heardS),
      interruptedBy: wasCut ? interruptions.by(id, startedMs, endedMs) : undefined,
      latency,
    },
    Math.max(endedMs, startedMs ?? endedMs),
  );
}

interface Audible {
  /** How much of the synthesis was played, in seconds. */
  heardS: number;
  /** When it was audible, in epoch milliseconds; undefined where it never began. */
  startedMs: number | undefined;
  endedMs: number;
}

function findAudible({ part, segment, end }: EndedPlayout): Audible {
  const heardS = Math.min(Math.max(end.playedS - part.offsetS, 0), part.capturedS);
  const isLast = part === segment.parts.at(-1);
  const heardUntilMs = isLast ? undefined : findMoment(segment, part.offsetS + heardS);
  return {
    heardS,
    startedMs: findMoment(segment, part.offsetS),
    endedMs: Math.min(heardUntilMs ?? end.endedMs, end.endedMs),
  };
}

/** Measures a reply's latency, and notes which tools it has answered. */
function measureLatency(
  { conversation, requests }: PlayoutContext,
  synthesis: LiveSynthesis,
  turn: Turn,
  { startedMs, endedMs }: Pick<Audible, "startedMs" | "endedMs">,
): Latency | undefined {
  const times = synthesis.times();
  const latency = measureReply({
    turn,
    synthesis: times,
    requests: requests.all,
    startedMs,
    endedMs,
  });
  for (const run of turn.toolRuns) run.isAnswered ||= isToldBy(run, times.request?.startMs);
  const implausibleS = findImplausibleWait(latency);
  if (implausibleS !== undefined) {
    conversation.spans.event({
      type: "implausible_figure",
      atMs: endedMs,
      turnId: turn.id,
      data: { figure: "e2e_s", value: implausibleS, unit: "s" },
    });
  }
  return latency;
}

import { type Delivery, type Latency, findDeliveryFault } from "../../record/index.js";
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
      playedS: isContradicted(context, ended, delivery, heard?.content, heardS)
        ? undefined
        : roundToMillis(heardS),
      interruptedBy: wasCut ? interruptions.by(id, startedMs, endedMs) : undefined,
      latency,
    },
    Math.max(endedMs, startedMs ?? endedMs),
  );
}

/**
 * Holds what is about to be written against itself. A figure that contradicts what was heard is told
 * as an event, and left out: nobody could say which of the two is true.
 */
function isContradicted(
  { conversation }: PlayoutContext,
  { synthesis, part, end }: EndedPlayout,
  delivery: Delivery,
  heard: string | undefined,
  heardS: number,
): boolean {
  const text = synthesis.content();
  const fault = findDeliveryFault({
    delivery,
    content: heard ?? text,
    ...(heard === undefined ? {} : { generated: text }),
    played_s: heardS,
    words: [...synthesis.words],
    // An agent's `ttsNode` may have made the audio shorter: what counts is what the output got.
    audio: { duration_s: Math.min(synthesis.audioS, part.capturedS) },
  });
  if (fault === undefined) return false;
  conversation.spans.event({
    type: "implausible_figure",
    atMs: end.endedMs,
    turnId: synthesis.turn?.id,
    data: { figure: "played_s", value: roundToMillis(heardS), unit: "s" },
  });
  return true;
}

interface Audible {
  /** How much of the synthesis was played, in seconds. */
  heardS: number;
  /** When it was audible, in epoch milliseconds; undefined where it never began. */
  startedMs: number | undefined;
  endedMs: number;
}

function findAudible({ part, segment, end }: EndedPlayout): Audible {
  // What was not interrupted was played to its end, whatever position the output tells.
  const playedS = end.interrupted ? end.playedS - part.offsetS : part.capturedS;
  const heardS = Math.min(Math.max(playedS, 0), part.capturedS);
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

import {
  type AudioWord,
  type HeardOfText,
  type Latency,
  type Word,
  placeAgentWords,
} from "../../record/index.js";
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
import { findHeardPart } from "./heard-of-synthesis.js";
import type { LiveSynthesis } from "./live-synthesis.js";
import { settleHeard } from "./settle-heard.js";

export interface PlayoutContext {
  conversation: ObservedConversation;
  requests: LlmRequests;
  isClosing(): boolean;
}

/** A synthesis whose playout has ended. */
export interface EndedPlayout {
  synthesis: LiveSynthesis;
  part: PlayoutPart;
  segment: PlayoutSegment;
  end: PlayoutEnd;
}

/** The output got other audio than was synthesised if the two durations differ by more than this. */
const OTHER_SOUND_S = 0.02;

/** Writes what was heard of a synthesis, after its playout has ended. */
export function settlePlayout(context: PlayoutContext, ended: EndedPlayout): void {
  const { synthesis, part, segment, end } = ended;
  const { id, turn, written } = synthesis;
  if (id === undefined || turn === undefined || written === undefined || synthesis.isUnspoken())
    return;
  const { conversation } = context;
  const { spans, interruptions } = conversation;
  const { heardS, startedMs, endedMs } = findAudible(ended);
  const audioWords = findWordsOfOutput(ended);
  const heard = settleHeard(conversation, {
    turnId: turn.id,
    endedMs: end.endedMs,
    text: written.content,
    lastWordEndS: audioWords?.at(-1)?.end_s,
    durationS: written.durationS ?? 0,
    heard: findHeardPart(synthesis, heardS, part, segment, end),
    playedS: heardS,
    outputS: findOutputS(ended, written.durationS ?? 0),
  });
  const { delivery } = heard;
  const words = placeWords(
    audioWords,
    ended,
    { heardS, startedMs, endedMs },
    { delivery, content: heard.heard ?? written.content, text: written.content },
    conversation.toSessionS,
  );
  const wasCut =
    delivery !== "full" && end.interrupted && !context.isClosing() && startedMs !== undefined;
  const latency = measureLatency(context, synthesis, turn, { startedMs, endedMs });
  const playout =
    synthesis.playout ?? spans.startPlayout(id, startedMs ?? endedMs, synthesis.playoutParent);
  playout.end(
    {
      messageId: id,
      ...heard,
      words,
      startedMs: delivery === "none" ? undefined : startedMs,
      endedMs,
      interruptedBy: wasCut ? interruptions.by(id, startedMs, endedMs) : undefined,
      latency,
    },
    Math.max(endedMs, startedMs ?? endedMs),
  );
}

/**
 * Seconds of audio that the output got, if the agent's own `ttsNode` made the audio longer or shorter.
 * Less audio after an interruption proves nothing, because the rest may not have reached the output
 * yet.
 */
function findOutputS({ part, end }: EndedPlayout, durationS: number): number | undefined {
  const { capturedS } = part;
  const isLonger = capturedS > durationS + OTHER_SOUND_S;
  const isShorter = !end.interrupted && capturedS < durationS - OTHER_SOUND_S;
  return isLonger || isShorter ? capturedS : undefined;
}

interface Audible {
  /** Seconds of the synthesis that were played. */
  heardS: number;
  /** When it was audible, in epoch milliseconds; undefined if it never began. */
  startedMs: number | undefined;
  endedMs: number;
}

function findAudible({ part, segment, end }: EndedPlayout): Audible {
  // Without an interruption all of it was played, whatever position the output reports.
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

/** The word times in seconds of the audio that the output got; undefined if the provider gave none. */
function findWordsOfOutput({ synthesis, part }: EndedPlayout): AudioWord[] | undefined {
  const { written, audioS } = synthesis;
  // The agent's own `ttsNode` may stretch the audio, but word times count the synthesised audio.
  const stretch = audioS > 0 ? Math.max(part.capturedS / audioS, 1) : 1;
  return written?.audioWords?.map(({ text, start_s, end_s }) => ({
    text,
    start_s: start_s * stretch,
    end_s: end_s * stretch,
  }));
}

/** The words on the session's clock; undefined without word times, or if nothing was ever played. */
function placeWords(
  audioWords: readonly AudioWord[] | undefined,
  { part, segment }: EndedPlayout,
  { heardS, startedMs, endedMs }: Audible,
  heard: HeardOfText,
  toSessionS: (epochMs: number) => number,
): Word[] | undefined {
  if (audioWords === undefined || startedMs === undefined) return undefined;
  const momentOf = (playedS: number): number =>
    findMoment(segment, part.offsetS + playedS) ?? startedMs;
  // A simulated playback may be faster than its audio. Then the words are spread over its time.
  const lateMs = momentOf(heardS) - Math.max(endedMs, startedMs);
  const rate = lateMs > 0 && heardS > 0 ? Math.max(1 - lateMs / 1000 / heardS, 0) : 1;
  return placeAgentWords(
    audioWords,
    {
      untilS: toSessionS(Math.max(endedMs, startedMs)),
      playedS: heardS,
      momentOf: (playedS) => toSessionS(momentOf(playedS * rate)),
    },
    heard,
  );
}

/** Measures a reply's latency, and marks the tool runs that this reply tells about. */
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

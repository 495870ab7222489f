import type { Latency, LatencyMark } from "../record/index.js";
import { type MarkTimes, measureLatency } from "./latency.js";
import type { LanguageModelRequest, LiveSynthesis } from "./live-synthesis.js";
import type { ToolRun, Turn } from "./turns.js";

/** A moment that LiveKit has in whole milliseconds may seem to lie before what led to it. */
const ROUNDING_MS = 2;

/** What a reply's wait may be measured from, the best first. */
const ORIGINS: readonly LatencyMark[] = [
  "speech_end",
  "turn_committed",
  "tool_start",
  "llm_start",
  "tts_start",
];

export interface ReplyTimes {
  turn: Turn;
  synthesis: Pick<LiveSynthesis, "id" | "request" | "firstTextMs" | "firstAudioMs">;
  /** The requests to the LLM that were made of late, the oldest first. */
  requests: readonly LanguageModelRequest[];
  startedMs: number | undefined;
  endedMs: number;
}

/** Where the wait for one reply went. Pure. */
export function measureReply(reply: ReplyTimes): Latency | undefined {
  const { turn, synthesis, startedMs, endedMs } = reply;
  const isFirst = turn.firstReply === synthesis.id && turn.isUnanswered !== true;
  const { speechEnd, transcriptFinalMs } = turn;
  const committedMs = notBefore(
    notAfter(turn.committedMs, synthesis.request?.startMs),
    transcriptFinalMs,
  );
  const times: MarkTimes = {
    ...(isFirst
      ? {
          speech_end: speechEnd?.atMs,
          transcript_final: transcriptFinalMs,
          turn_committed: committedMs,
          turn_hook_end: notBefore(turn.hookEndMs, committedMs),
        }
      : {}),
    ...findToolTimes(reply, isFirst),
    llm_start: synthesis.request?.startMs,
    llm_first_token: synthesis.request?.firstTokenMs,
    tts_start: synthesis.firstTextMs,
    tts_first_byte: synthesis.firstAudioMs,
    playback_start: startedMs,
    playback_end: startedMs === undefined ? undefined : endedMs,
  };
  return measureLatency(times, ORIGINS, isFirst ? speechEnd?.by : undefined);
}

/** The tools that a reply waited for: those that ran between the last request and its own. */
function findToolTimes({ turn, synthesis, requests }: ReplyTimes, isFirst: boolean): MarkTimes {
  const { request } = synthesis;
  if (request === undefined) return {};
  const isBefore = (run: ToolRun) => run.endMs - ROUNDING_MS <= request.startMs;
  const runs = turn.toolRuns.filter((run) => isBefore(run) && !run.isAnswered);
  const [first] = runs.toSorted((a, b) => a.startMs - b.startMs);
  if (first === undefined) return {};
  const asked = isFirst ? findAsking(requests, request, first) : undefined;
  const startMs = notBefore(first.startMs, asked?.firstTokenMs) ?? first.startMs;
  const endMs = Math.min(Math.max(...runs.map((run) => run.endMs)), request.startMs);
  return {
    tool_llm_start: asked?.startMs,
    tool_llm_first_token: asked?.firstTokenMs,
    tool_start: startMs,
    tool_end: Math.max(startMs, endMs),
  };
}

/** The request whose answer was a tool call. */
function findAsking(
  requests: readonly LanguageModelRequest[],
  answered: LanguageModelRequest,
  run: ToolRun,
): LanguageModelRequest | undefined {
  return requests.findLast(
    (each) =>
      each !== answered &&
      each.firstTokenMs !== undefined &&
      each.firstTokenMs <= run.startMs + ROUNDING_MS,
  );
}

function notBefore(ms: number | undefined, floorMs: number | undefined): number | undefined {
  if (ms === undefined || floorMs === undefined) return ms;
  return ms < floorMs && floorMs - ms < ROUNDING_MS ? floorMs : ms;
}

function notAfter(ms: number | undefined, ceilingMs: number | undefined): number | undefined {
  if (ms === undefined || ceilingMs === undefined) return ms;
  return ms > ceilingMs && ms - ceilingMs < ROUNDING_MS ? ceilingMs : ms;
}

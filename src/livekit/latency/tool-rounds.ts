import type { ToolRun, Turn } from "../conversation/turns.js";
import type { ToolRoundTimes } from "./latency-marks.js";
import type { LlmRequest } from "./llm-requests.js";

/** A moment that LiveKit has in whole milliseconds may seem to lie before what led to it. */
const ROUNDING_MS = 2;

/** When the parts of a synthesis came. Times in epoch milliseconds, on the conversation's clock. */
export interface SynthesisTimes {
  /** The message's id; undefined while there is no text. */
  id: string | undefined;
  /** The request to the LLM behind it. */
  request: LlmRequest | undefined;
  /** When the tools of its turn began that ran at its first text. */
  runningToolsMs: readonly number[];
  /** Undefined where no TTS was waited for. */
  firstTextMs: number | undefined;
  firstAudioMs: number | undefined;
}

export interface ReplyTimes {
  turn: Turn;
  synthesis: SynthesisTimes;
  /** The latest requests to the LLM, the oldest first. */
  requests: readonly LlmRequest[];
  startedMs: number | undefined;
  endedMs: number;
}

/** Whether a tool was over when the request went out that tells of it. */
export function isToldBy(run: ToolRun, requestedMs: number | undefined): boolean {
  return requestedMs !== undefined && run.endMs - ROUNDING_MS <= requestedMs;
}

/**
 * The tools that a reply waited for, those that ran between the last request and its own, by the
 * request that asked for them. What is said while a tool runs has waited for that as well, where it
 * is the first that is heard; the tool has no end then.
 */
export function findToolRounds(
  { turn, synthesis, requests, startedMs }: ReplyTimes,
  isFirst: boolean,
): ToolRoundTimes[] {
  const { request } = synthesis;
  const saidMs = isFirst ? (synthesis.firstTextMs ?? startedMs) : undefined;
  const beganMs = request?.startMs ?? saidMs;
  if (beganMs === undefined) return [];
  const over = turn.toolRuns.filter((run) => isToldBy(run, beganMs) && !run.isAnswered);
  const runs = [...over, ...(isFirst ? findRunning(turn, synthesis, beganMs) : [])].toSorted(
    (a, b) => a.startMs - b.startMs,
  );
  const rounds: ToolRoundTimes[] = [];
  let askedBefore: LlmRequest | undefined;
  for (const run of runs) {
    const round = rounds.at(-1);
    const asked = findAsking(requests, request, run);
    // What is asked for at once runs at the same time; and a tool may ask an LLM by itself.
    const isNext =
      asked !== undefined &&
      asked !== askedBefore &&
      asked.startMs >= (round === undefined ? 0 : (round.endMs ?? Infinity)) - ROUNDING_MS;
    if (round !== undefined && !isNext) {
      round.endMs = latest(round.endMs, run.endMs);
      continue;
    }
    if (round !== undefined) endRound(round, asked);
    askedBefore = asked;
    // What was said before the first tool is another reply's, and so is the request behind it.
    const known = round !== undefined || isFirst ? asked : undefined;
    rounds.push({
      llmStartMs: known?.startMs,
      llmFirstTokenMs: known?.firstTokenMs,
      startMs: notBefore(run.startMs, known?.firstTokenMs) ?? run.startMs,
      endMs: run.endMs,
    });
  }
  const last = rounds.at(-1);
  if (last !== undefined) endRound(last, request);
  return rounds;
}

/** The tools that ran when the words were asked for, whether they are over by now or not. */
function findRunning(
  turn: Turn,
  { runningToolsMs }: ReplyTimes["synthesis"],
  beganMs: number,
): { startMs: number; endMs: undefined }[] {
  const overSince = turn.toolRuns.filter((run) => !isToldBy(run, beganMs));
  const starts = new Set([...runningToolsMs, ...overSince.map(({ startMs }) => startMs)]);
  return [...starts]
    .filter((startMs) => startMs <= beganMs)
    .map((startMs) => ({ startMs, endMs: undefined }));
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.max(a, b);
}

/** A tool was over before its answer was passed on, which is known to less than a millisecond. */
function endRound(round: ToolRoundTimes, next: LlmRequest | undefined): void {
  if (round.endMs === undefined) return;
  round.endMs = Math.max(round.startMs, Math.min(round.endMs, next?.startMs ?? Infinity));
}

/** The request whose answer was a tool call. */
function findAsking(
  requests: readonly LlmRequest[],
  answered: LlmRequest | undefined,
  run: Pick<ToolRun, "startMs">,
): LlmRequest | undefined {
  return requests.findLast(
    (each) =>
      each !== answered &&
      each.firstTokenMs !== undefined &&
      each.firstTokenMs <= run.startMs + ROUNDING_MS,
  );
}

export function notBefore(ms: number | undefined, floorMs: number | undefined): number | undefined {
  if (ms === undefined || floorMs === undefined) return ms;
  return ms < floorMs && floorMs - ms < ROUNDING_MS ? floorMs : ms;
}

export function notAfter(
  ms: number | undefined,
  ceilingMs: number | undefined,
): number | undefined {
  if (ms === undefined || ceilingMs === undefined) return ms;
  return ms > ceilingMs && ms - ceilingMs < ROUNDING_MS ? ceilingMs : ms;
}

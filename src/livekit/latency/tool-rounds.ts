import type { ToolRun, Turn } from "../conversation/turns.js";
import type { ToolRoundTimes } from "./latency-marks.js";
import type { LlmRequest } from "./llm-requests.js";

/** LiveKit's whole milliseconds may put an event up to this much before its cause. */
const ROUNDING_MS = 2;

/** When the parts of a synthesis came. Times in epoch milliseconds on the conversation's clock. */
export interface SynthesisTimes {
  /** The message's id; undefined until there is a text. */
  id: string | undefined;
  /** The LLM request behind the synthesis. */
  request: LlmRequest | undefined;
  /** When those tools of its turn began that were running at its first text. */
  runningToolsMs: readonly number[];
  /** Undefined if no TTS was waited for. */
  firstTextMs: number | undefined;
  firstAudioMs: number | undefined;
}

export interface ReplyTimes {
  turn: Turn;
  synthesis: SynthesisTimes;
  /** The latest requests to LLMs, oldest first. */
  requests: readonly LlmRequest[];
  startedMs: number | undefined;
  endedMs: number;
}

/** Whether a tool had ended when the request went out that tells its result. */
export function isToldBy(run: ToolRun, requestedMs: number | undefined): boolean {
  return requestedMs !== undefined && run.endMs - ROUNDING_MS <= requestedMs;
}

/**
 * The tools that a reply waited for, grouped by the LLM request that called them. They ended before
 * this reply's own request, and no earlier reply has told of them. If the first reply is said while a
 * tool runs, it waited for that tool too, and the round has no end.
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
    // Tools called by the same answer run at the same time. A tool may also ask an LLM itself.
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
    // Unless this is the turn's first reply, an earlier reply was said before the first tool. The
    // request behind that tool belongs to the earlier reply.
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

/** Tools that ran when the reply was asked for, whether they have ended by now or not. */
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

/**
 * A tool ends before its result is passed on. Clocks differ by less than a millisecond, so the end is
 * limited to the next request's start.
 */
function endRound(round: ToolRoundTimes, next: LlmRequest | undefined): void {
  if (round.endMs === undefined) return;
  round.endMs = Math.max(round.startMs, Math.min(round.endMs, next?.startMs ?? Infinity));
}

/** The request whose answer was the tool call. */
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

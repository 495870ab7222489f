import type { JsonValue } from "../record/index.js";
import { timestampOf } from "./fields.js";
import type { DraftCall } from "./draft-call.js";

/** A tool call as a file tells it. Moments are milliseconds since 1970. */
export interface ToolRun {
  name: string;
  callId?: string | undefined;
  /** JSON, as a text. */
  arguments?: string | undefined;
  output?: string | undefined;
  isError?: boolean | undefined;
  startMs?: number | undefined;
  endMs?: number | undefined;
  /** The file has no result. */
  isUnfinished?: boolean | undefined;
  turn?: string | undefined;
}

/** The event of a tool call; undefined if the file does not say when it was. */
export function toToolEvent(run: ToolRun): NonNullable<DraftCall["events"]>[number] | undefined {
  const { name, callId, startMs, endMs, isUnfinished = run.output === undefined } = run;
  const timestamp = timestampOf(startMs ?? endMs);
  if (timestamp === undefined) return undefined;
  const hasLength = startMs !== undefined && endMs !== undefined && endMs >= startMs;
  const data: { [key: string]: JsonValue } = {
    name,
    ...(callId !== undefined && { call_id: callId }),
    ...(run.arguments !== undefined && { arguments: run.arguments }),
    output: run.output ?? null,
    ...(run.isError !== undefined && { is_error: run.isError }),
    ...(isUnfinished && { unfinished: true }),
    ...(hasLength && { duration_s: Math.round(endMs - startMs) / 1000 }),
  };
  return { type: "tool_call", timestamp, data, ...(run.turn !== undefined && { turn: run.turn }) };
}

/** Tool calls by the times at which they overlap: those of one round ran at once. */
export function groupRounds(runs: readonly ToolRun[]): { startMs: number; endMs: number }[] {
  const rounds: { startMs: number; endMs: number }[] = [];
  const timed = runs.flatMap(({ startMs, endMs }) =>
    startMs === undefined || endMs === undefined ? [] : [{ startMs, endMs }],
  );
  for (const { startMs, endMs } of timed.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = rounds.at(-1);
    if (last !== undefined && startMs < last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else rounds.push({ startMs, endMs });
  }
  return rounds;
}

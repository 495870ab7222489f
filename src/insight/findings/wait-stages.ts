import {
  type AgentMessage,
  type Speech,
  type Stage,
  type StageName,
  durationOf,
  readTimestamp,
  splitIntoStages,
} from "../../record/index.js";

/**
 * A stage of a wait. `earlier_speech` is the time in which the reply had to wait, because the agent
 * still spoke an earlier sentence. The marks of one reply cannot show it, so it is no `StageName`.
 */
export type WaitStageName = StageName | "earlier_speech";

/** A part of a wait, in seconds from the latency's origin. */
export interface WaitStage extends Omit<Stage, "name"> {
  name: WaitStageName;
}

/** The total time of one stage in a wait, in seconds. */
export interface WaitStageSum {
  name: WaitStageName;
  duration_s: number;
}

/** When the agent was audible, in epoch milliseconds. */
export interface AudibleTime {
  startMs: number;
  endMs: number;
}

/** Stages in which nothing is computed, so that speech that still plays is what they wait for. */
const WAITING: ReadonlySet<WaitStageName> = new Set(["dispatch", "playback"]);
/** Clocks of marks and of playout differ by some milliseconds. */
const SHORTEST_S = 0.05;

/**
 * When the agent was audible, in order of the beginnings and of the ends: without times that lie
 * within another one. Pure.
 */
export function listAgentSpeech(speeches: readonly Speech[]): AudibleTime[] {
  let lastMs = -Infinity;
  return speeches
    .flatMap(({ role, audible }) => (role === "agent" ? (audible ?? []) : []))
    .toSorted((a, b) => a.startMs - b.startMs)
    .filter(({ endMs }) => {
      const isLater = endMs > lastMs;
      lastMs = Math.max(lastMs, endMs);
      return isLater;
    });
}

/**
 * The stages of a reply's wait, which add up to it. A stage in which the reply waited for an earlier
 * sentence is split. Pure.
 *
 * @param listSpoken gives `listAgentSpeech()` of the conversation; called only if it is needed
 */
export function splitWait(
  message: AgentMessage,
  listSpoken: () => readonly AudibleTime[],
): WaitStage[] {
  const { latency } = message;
  if (latency === undefined) return [];
  const stages = splitIntoStages(latency);
  const heardMs = readTimestamp(message.started_at);
  const heard_s = latency.marks.playback_start;
  if (heardMs === undefined || heard_s === undefined || !stages.some(mayWait)) return stages;
  const originMs = heardMs - heard_s * 1000;
  return stages.flatMap((stage) => {
    if (!mayWait(stage)) return [stage];
    const spoken = listSpoken();
    const [fromMs, untilMs] = [stage.start_s, stage.end_s].map((s) => originMs + s * 1000);
    const first = findIndex(spoken, ({ endMs }) => endMs > (fromMs ?? 0));
    const end = findIndex(spoken, ({ startMs }) => startMs >= (untilMs ?? 0));
    const during = spoken.slice(first, end).map(({ startMs, endMs }) => ({
      start_s: (startMs - originMs) / 1000,
      end_s: (endMs - originMs) / 1000,
    }));
    return cutOut(stage, during);
  });
}

function mayWait(stage: Stage): boolean {
  return WAITING.has(stage.name) && durationOf(stage) >= SHORTEST_S;
}

function cutOut(stage: Stage, spoken: readonly Omit<Stage, "name">[]): WaitStage[] {
  const pieces: WaitStage[] = [];
  let from_s = stage.start_s;
  const add = (name: WaitStageName, to_s: number): void => {
    if (to_s > from_s) pieces.push({ name, start_s: from_s, end_s: to_s });
    from_s = Math.max(from_s, to_s);
  };
  for (const { start_s, end_s } of spoken) {
    const [begin_s, until_s] = [Math.max(from_s, start_s), Math.min(stage.end_s, end_s)];
    if (until_s - begin_s < SHORTEST_S) continue;
    add(stage.name, begin_s);
    add("earlier_speech", until_s);
  }
  add(stage.name, stage.end_s);
  return pieces;
}

/** The times of a wait by stage, in the order in which the stages first came. Pure. */
export function sumWait(stages: readonly WaitStage[]): WaitStageSum[] {
  const sums = new Map<WaitStageName, number>();
  for (const { name, start_s, end_s } of stages)
    sums.set(name, (sums.get(name) ?? 0) + end_s - start_s);
  return [...sums].map(([name, duration_s]) => ({ name, duration_s }));
}

/** The index of the first item for which it is so, if it is so for all later ones too. Pure. */
export function findIndex<Item>(items: readonly Item[], isSo: (item: Item) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && !isSo(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Calls `make` at the first use only. */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

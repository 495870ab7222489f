import { LATENCY_MARKS, type Latency, type LatencyMark, type ToolRound } from "../latency.js";

/**
 * What a caller waited for:
 *
 * - `speech_to_text`: until the words were known.
 * - `end_of_turn`: until the agent was sure that the caller had finished.
 * - `turn_hook`: until the agent's own `onUserTurnCompleted` ended.
 * - `dispatch`: until the LLM was asked, at first or again with a tool's result.
 * - `tool_llm`: until the LLM's tool call began.
 * - `tool_call`: until the tool began.
 * - `tool`: until the last tool of a round ended, or had something said.
 * - `llm`: until the LLM's first token of these words.
 * - `first_words`: until there was enough text to speak.
 * - `text_to_speech`: until the first audio byte of the TTS.
 * - `playback`: until the first sound.
 * - `unattributed`: time before a mark whose predecessor was not observed.
 */
export type StageName =
  | "speech_to_text"
  | "end_of_turn"
  | "turn_hook"
  | "dispatch"
  | "tool_llm"
  | "tool_call"
  | "tool"
  | "llm"
  | "first_words"
  | "text_to_speech"
  | "playback"
  | "unattributed";

/** A part of a wait, in seconds from the latency's origin. */
export interface Stage {
  name: StageName;
  start_s: number;
  end_s: number;
}

/** The stage that each mark ends, and the marks with which that stage may begin. */
const ENDED_BY: { [mark in LatencyMark]?: { name: StageName; after: readonly LatencyMark[] } } = {
  transcript_final: { name: "speech_to_text", after: ["speech_end"] },
  turn_committed: { name: "end_of_turn", after: ["transcript_final", "speech_end"] },
  turn_hook_end: { name: "turn_hook", after: ["turn_committed"] },
  tool_llm_start: { name: "dispatch", after: ["turn_committed", "turn_hook_end", "tool_end"] },
  tool_llm_first_token: { name: "tool_llm", after: ["tool_llm_start"] },
  tool_start: { name: "tool_call", after: ["tool_llm_first_token"] },
  tool_end: { name: "tool", after: ["tool_start"] },
  llm_start: { name: "dispatch", after: ["turn_committed", "turn_hook_end", "tool_end"] },
  llm_first_token: { name: "llm", after: ["llm_start"] },
  tts_start: { name: "first_words", after: ["llm_first_token"] },
  tts_first_byte: { name: "text_to_speech", after: ["tts_start", "llm_first_token"] },
  playback_start: { name: "playback", after: ["tts_first_byte"] },
};

/** A mark and its time, in seconds from the latency's origin. */
export interface FallenMark {
  mark: LatencyMark;
  at_s: number;
}

type Marks = Pick<Latency, "marks" | "tool_rounds">;

/** The marks of a latency in their usual order. Tool marks come once for each round. Pure. */
export function listMarks({ marks, tool_rounds }: Marks): FallenMark[] {
  const rounds = tool_rounds?.map(marksOfRound) ?? [];
  const listed: FallenMark[] = [];
  for (const mark of LATENCY_MARKS) {
    if (rounds.length > 0 && mark.startsWith("tool_")) {
      if (mark === "tool_start") listed.push(...rounds.flat());
      continue;
    }
    const at_s = marks[mark];
    if (at_s !== undefined) listed.push({ mark, at_s });
  }
  return listed;
}

function marksOfRound(round: ToolRound): FallenMark[] {
  const { llm_start_s, llm_first_token_s, start_s, end_s } = round;
  const marks: [LatencyMark, number | undefined][] = [
    ["tool_llm_start", llm_start_s],
    ["tool_llm_first_token", llm_first_token_s],
    ["tool_start", start_s],
    ["tool_end", end_s],
  ];
  return marks.flatMap(([mark, at_s]) => (at_s === undefined ? [] : [{ mark, at_s }]));
}

/**
 * Splits a latency into stages that add up to it exactly. Pure.
 *
 * - Marks are taken in the order of their times. So an LLM that was asked before the turn was committed
 *   has its start there.
 * - Time in which two things happened counts once, for the mark that ended it.
 * - A mark before the origin delayed nothing, so its stage has no length.
 * - A mark after the first sound is left out.
 */
export function splitIntoStages(latency: Marks): Stage[] {
  const { marks } = latency;
  // The origin is 0. Events before it delayed nothing.
  const observed = listMarks(latency).map(({ mark, at_s }) => ({ mark, at_s: Math.max(0, at_s) }));
  const end_s = marks.playback_start ?? Infinity;
  const inOrder = observed.filter(({ at_s }) => at_s <= end_s).toSorted((a, b) => a.at_s - b.at_s);
  const stages: Stage[] = [];
  let previous: FallenMark | undefined;
  let hasToolEnded = false;
  let runsTool = false;
  for (const fallen of inOrder) {
    const { mark, at_s } = fallen;
    const before = previous;
    const isInTool = runsTool && BEGINS_WORDS.has(mark);
    const isAfterTool = hasToolEnded;
    previous = fallen;
    hasToolEnded ||= mark === "tool_end";
    if (BEGINS_WORDS.has(mark) || mark.startsWith("tool_")) runsTool = mark === "tool_start";
    if (before === undefined) continue;
    const ended = ENDED_BY[mark];
    const isKnown = ended?.after.some(
      // A round of tools can follow only a round that has ended.
      (predecessor) =>
        predecessor === "tool_end" ? isAfterTool : marks[predecessor] !== undefined,
    );
    const name = isInTool
      ? "tool"
      : ended !== undefined && isKnown === true
        ? ended.name
        : "unattributed";
    stages.push({ name, start_s: before.at_s, end_s: at_s });
  }
  return stages;
}

/** Marks with which words begin. They may come while a tool runs. */
const BEGINS_WORDS = new Set<LatencyMark>(["llm_start", "tts_start", "playback_start"]);

/** The total time of one stage in a wait, in seconds. */
export interface StageSum {
  name: StageName;
  duration_s: number;
}

/**
 * The times of a wait by stage, in the order in which the stages first came. A stage may come twice,
 * because a tool's result is dispatched too, and may lead to more tools. It is summed up here, so that
 * every figure counts a reply once. Pure.
 */
export function sumStages(latency: Marks): StageSum[] {
  const sums = new Map<StageName, number>();
  for (const stage of splitIntoStages(latency))
    sums.set(stage.name, (sums.get(stage.name) ?? 0) + durationOf(stage));
  return [...sums].map(([name, duration_s]) => ({ name, duration_s }));
}

/** The stage that took longest in total. Pure. */
export function findLongestStage(latency: Marks): StageSum | undefined {
  return sumStages(latency).toSorted((a, b) => b.duration_s - a.duration_s)[0];
}

export function durationOf({ start_s, end_s }: Stage): number {
  return end_s - start_s;
}

import { LATENCY_MARKS, type Latency, type LatencyMark } from "../record/index.js";

/**
 * What a caller waited for:
 * - `speech_to_text`: until the words were known,
 * - `end_of_turn`: until the agent was sure that the caller had finished,
 * - `dispatch`: until the LLM was asked,
 * - `llm`: until its first token,
 * - `first_words`: until there was enough text to speak,
 * - `text_to_speech`: until its first audio byte,
 * - `playback`: until the first sound,
 * - `unattributed`: time before a mark whose predecessor was not observed.
 */
export type StageName =
  | "speech_to_text"
  | "end_of_turn"
  | "dispatch"
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

/** The stage that each mark ends. */
const ENDED_BY: { [mark in LatencyMark]?: StageName } = {
  transcript_final: "speech_to_text",
  turn_committed: "end_of_turn",
  llm_start: "dispatch",
  llm_first_token: "llm",
  tts_start: "first_words",
  tts_first_byte: "text_to_speech",
  playback_start: "playback",
};

/**
 * Splits a latency into stages that add up to it exactly. Pure.
 *
 * Marks are taken in the order in which they fell: an LLM that was asked before the turn was
 * committed has its start there. What happened at the same time as something else counts once, for
 * the mark that ended it; a mark after the first sound delayed nothing and is left out.
 */
export function splitIntoStages({ marks }: Pick<Latency, "marks">): Stage[] {
  const observed = LATENCY_MARKS.flatMap((mark) => {
    const at_s = marks[mark];
    return at_s === undefined ? [] : [{ mark, at_s }];
  });
  const end_s = marks.playback_start ?? Infinity;
  const inOrder = observed.filter(({ at_s }) => at_s <= end_s).toSorted((a, b) => a.at_s - b.at_s);
  const stages: Stage[] = [];
  for (const [index, { mark, at_s }] of inOrder.entries()) {
    const previous = inOrder[index - 1];
    if (previous === undefined) continue;
    const predecessor = LATENCY_MARKS[LATENCY_MARKS.indexOf(mark) - 1];
    const isKnown = predecessor !== undefined && marks[predecessor] !== undefined;
    const name = (isKnown ? ENDED_BY[mark] : undefined) ?? "unattributed";
    stages.push({ name, start_s: previous.at_s, end_s: at_s });
  }
  return stages;
}

/** The stage that took longest. */
export function findLongestStage(latency: Pick<Latency, "marks">): Stage | undefined {
  return splitIntoStages(latency).toSorted((a, b) => durationOf(b) - durationOf(a))[0];
}

export function durationOf({ start_s, end_s }: Stage): number {
  return end_s - start_s;
}

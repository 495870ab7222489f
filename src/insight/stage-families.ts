import type { WaitStageName } from "./findings/wait-stages.js";

/**
 * What a stage of a wait is for: to hear the caller, to think of an answer, or to speak it. Three
 * families can be told apart by everybody, and thirteen colours by nobody.
 */
export type StageFamily = "hear" | "think" | "speak";

export const STAGE_FAMILIES: Readonly<Record<WaitStageName, StageFamily>> = {
  speech_to_text: "hear",
  end_of_turn: "hear",
  turn_hook: "hear",
  dispatch: "think",
  tool_llm: "think",
  tool_call: "think",
  tool: "think",
  llm: "think",
  first_words: "speak",
  text_to_speech: "speak",
  playback: "speak",
  earlier_speech: "speak",
  unattributed: "think",
};

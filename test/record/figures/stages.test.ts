import { describe, expect, it } from "vitest";
import {
  type Latency,
  type ToolRound,
  durationOf,
  findLongestStage,
  splitIntoStages,
  sumStages,
} from "../../../src/record/index.js";

const IN_ORDER = {
  speech_end: 0,
  transcript_final: 0.2,
  turn_committed: 0.5,
  llm_start: 0.51,
  llm_first_token: 0.9,
  tts_start: 0.95,
  tts_first_byte: 1.08,
  playback_start: 1.1,
};

describe("splitIntoStages()", () => {
  it("names each stage for the mark that ends it", () => {
    expect(splitIntoStages({ marks: IN_ORDER }).map(({ name }) => name)).toEqual([
      "speech_to_text",
      "end_of_turn",
      "dispatch",
      "llm",
      "first_words",
      "text_to_speech",
      "playback",
    ]);
  });

  it("counts a tool that runs on to where words were asked for", () => {
    const asked = {
      speech_end: 0,
      turn_committed: 0.1,
      tool_llm_start: 0.11,
      tool_llm_first_token: 0.4,
      tool_start: 0.41,
    };
    const voiced = { tts_start: 0.95, tts_first_byte: 1.08, playback_start: 1.1 };
    const thought = { llm_start: 0.7, llm_first_token: 0.9 };
    const named = (marks: Latency["marks"], tool_rounds?: ToolRound[]) =>
      splitIntoStages({ marks, ...(tool_rounds && { tool_rounds }) })
        .slice(3)
        .map(({ name, start_s, end_s }) => [name, start_s, end_s]);
    const spoken = [
      ["text_to_speech", 0.95, 1.08],
      ["playback", 1.08, 1.1],
    ];
    expect(named({ ...asked, ...voiced })).toEqual([
      ["tool_call", 0.4, 0.41],
      ["tool", 0.41, 0.95],
      ...spoken,
    ]);
    expect(named({ ...asked, ...thought, ...voiced })).toEqual([
      ["tool_call", 0.4, 0.41],
      ["tool", 0.41, 0.7],
      ["llm", 0.7, 0.9],
      ["first_words", 0.9, 0.95],
      ...spoken,
    ]);
    expect(named({ ...asked, playback_start: 1.1 })).toEqual([
      ["tool_call", 0.4, 0.41],
      ["tool", 0.41, 1.1],
    ]);
    const rounds = [
      { llm_start_s: 0.11, llm_first_token_s: 0.4, start_s: 0.41, end_s: 0.5 },
      { llm_start_s: 0.51, llm_first_token_s: 0.6, start_s: 0.61 },
    ];
    expect(named({ ...asked, ...voiced }, rounds)).toEqual([
      ["tool_call", 0.4, 0.41],
      ["tool", 0.41, 0.5],
      ["dispatch", 0.5, 0.51],
      ["tool_llm", 0.51, 0.6],
      ["tool_call", 0.6, 0.61],
      ["tool", 0.61, 0.95],
      ...spoken,
    ]);
  });

  it("adds up to the wait, whichever marks are missing and in whichever order they fell", () => {
    const names = Object.keys(IN_ORDER) as (keyof typeof IN_ORDER)[];
    for (let missing = 0; missing < 2 ** (names.length - 2); missing += 1) {
      const kept = names.filter(
        (name, index) =>
          index === 0 || name === "playback_start" || (missing & (1 << (index - 1))) === 0,
      );
      const shuffled = Object.fromEntries(
        kept.map((name, index) => [
          name,
          name === "playback_start" ? 1.1 : name === "speech_end" ? 0 : ((index * 7) % 10) / 10,
        ]),
      );
      const sum = splitIntoStages({ marks: shuffled }).reduce(
        (total, stage) => total + durationOf(stage),
        0,
      );
      expect(sum, JSON.stringify(shuffled)).toBeCloseTo(1.1, 9);
    }
  });

  it("has the LLM between two tools in no tool, and still adds up", () => {
    const latency = {
      marks: {
        ...IN_ORDER,
        tool_llm_start: 0.51,
        tool_llm_first_token: 0.55,
        tool_start: 0.56,
        tool_end: 0.8,
        llm_start: 0.81,
      },
      tool_rounds: [
        { llm_start_s: 0.51, llm_first_token_s: 0.55, start_s: 0.56, end_s: 0.6 },
        { llm_start_s: 0.61, llm_first_token_s: 0.7, start_s: 0.71, end_s: 0.8 },
      ],
    };
    const stages = splitIntoStages(latency);
    expect(stages.map(({ name }) => name)).toEqual([
      "speech_to_text",
      "end_of_turn",
      "dispatch",
      "tool_llm",
      "tool_call",
      "tool",
      "dispatch",
      "tool_llm",
      "tool_call",
      "tool",
      "dispatch",
      "llm",
      "first_words",
      "text_to_speech",
      "playback",
    ]);
    const sums = sumStages(latency);
    expect(sums.find(({ name }) => name === "tool")?.duration_s).toBeCloseTo(0.13, 9);
    expect(sums.find(({ name }) => name === "tool_llm")?.duration_s).toBeCloseTo(0.13, 9);
    expect(sums.reduce((total, { duration_s }) => total + duration_s, 0)).toBeCloseTo(1.1, 9);
  });

  it("does not call it dispatch where only a later tool was over", () => {
    const tools = {
      tool_llm_start: 0.2,
      tool_llm_first_token: 0.3,
      tool_start: 0.4,
      tool_end: 0.5,
    };
    const marks = { speech_end: 0, ...tools, playback_start: 1 };
    expect(splitIntoStages({ marks })[0]?.name).toBe("unattributed");
  });

  it("calls time unattributed whose beginning was not observed", () => {
    const marks = { speech_end: 0, tts_start: 0.9, tts_first_byte: 1, playback_start: 1.1 };
    expect(splitIntoStages({ marks }).map(({ name, end_s }) => [name, end_s])).toEqual([
      ["unattributed", 0.9],
      ["text_to_speech", 1],
      ["playback", 1.1],
    ]);
  });

  it("counts an LLM that was asked early only for what the caller still waited", () => {
    const marks = { ...IN_ORDER, llm_start: 0.21, turn_committed: 0.5, llm_first_token: 0.6 };
    const llm = splitIntoStages({ marks }).find(({ name }) => name === "llm");
    expect(llm).toEqual({ name: "llm", start_s: 0.5, end_s: 0.6 });
  });

  it("adds up to the wait though an answer was begun before the end of speech", () => {
    const marks = { ...IN_ORDER, transcript_final: -0.3, llm_start: -0.25, llm_first_token: -0.1 };
    const stages = splitIntoStages({ marks });
    expect(stages[0]?.start_s).toBe(0);
    expect(stages.reduce((total, stage) => total + durationOf(stage), 0)).toBeCloseTo(1.1, 9);
  });

  it("has stages of their own for a turn's hook, and for a tool with the request behind it", () => {
    const marks = {
      speech_end: 0,
      transcript_final: 0.2,
      turn_committed: 0.5,
      turn_hook_end: 0.6,
      tool_llm_start: 0.61,
      tool_llm_first_token: 0.9,
      tool_start: 0.91,
      tool_end: 1.4,
      llm_start: 1.41,
      llm_first_token: 1.7,
      tts_start: 1.71,
      tts_first_byte: 1.8,
      playback_start: 1.81,
      playback_end: 3,
    };
    expect(splitIntoStages({ marks }).map(({ name }) => name)).toEqual([
      "speech_to_text",
      "end_of_turn",
      "turn_hook",
      "dispatch",
      "tool_llm",
      "tool_call",
      "tool",
      "dispatch",
      "llm",
      "first_words",
      "text_to_speech",
      "playback",
    ]);
  });

  it("leaves out what came after the first sound", () => {
    const marks = { speech_end: 0, playback_start: 1, tts_first_byte: 1.2 };
    expect(splitIntoStages({ marks }).at(-1)?.end_s).toBe(1);
  });

  it("has no stage for a wait with one mark, and none for one with none", () => {
    expect(splitIntoStages({ marks: { speech_end: 0 } })).toEqual([]);
    expect(splitIntoStages({ marks: {} })).toEqual([]);
    expect(findLongestStage({ marks: {} })).toBeUndefined();
  });

  it("finds the longest", () => {
    expect(findLongestStage({ marks: IN_ORDER })?.name).toBe("llm");
  });

  it("is one for a tool's two dispatches, which may be the longest only together", () => {
    const marks = {
      speech_end: 0,
      turn_committed: 0.3,
      tool_llm_start: 0.55,
      tool_llm_first_token: 0.65,
      tool_start: 0.65,
      tool_end: 0.95,
      llm_start: 1.15,
      playback_start: 1.2,
    };
    expect(sumStages({ marks }).filter(({ name }) => name === "dispatch")).toEqual([
      { name: "dispatch", duration_s: expect.closeTo(0.45, 9) },
    ]);
    expect(findLongestStage({ marks })).toEqual({
      name: "dispatch",
      duration_s: expect.closeTo(0.45, 9),
    });
  });
});

import { expect, it } from "vitest";
import {
  type AgentMessage,
  type Latency,
  type Message,
  findLongestStage,
  parseConversation,
  splitIntoStages,
  summarize,
  toOneLine,
  toTimestamp,
} from "../../src/record/index.js";
import { measureGrowth } from "../support/growth.js";

/** Quadratic work grows to four times; linear work to about two, and more where memory is short. */
const LINEAR = 3.2;

const at = (second: number): string => toTimestamp(1_700_000_000_000 + second * 1000, 0);

/** A call of a reply every six seconds, so with a silence before each; every third has no times. */
function makeCall(replies: number): Message[] {
  return Array.from({ length: replies }, (_, index): Message => {
    const shared = {
      content: "two words",
      timestamp: at(6 * index),
      source: "deepgram_stt",
      id: `m_${index}`,
      seq: index + 1,
      turn_id: `t_${index}`,
      ...(index % 3 === 0
        ? {}
        : { started_at: at(6 * index), ended_at: at(6 * index + 2), audio: { duration_s: 2 } }),
    };
    const agent: AgentMessage = { ...shared, role: "agent", source: "x_tts", delivery: "full" };
    return index % 2 === 0 ? agent : { ...shared, role: "user" };
  });
}

function makeLatency(rounds: number): Latency {
  return {
    origin: "speech_end",
    marks: { speech_end: 0, tool_start: 1, tool_end: rounds + 1, playback_start: rounds + 2 },
    e2e_s: rounds + 2,
    tool_rounds: Array.from({ length: rounds }, (_, index) => ({
      llm_start_s: index + 0.1,
      llm_first_token_s: index + 0.5,
      start_s: index + 0.6,
      end_s: index + 0.9,
    })),
  };
}

it("summarize() takes twice as long for twice as many messages, not four times", () => {
  const session = { started_at: at(0) };
  const growth = measureGrowth(8000, makeCall, (conversation) =>
    summarize({ conversation, session: { id: "s", status: "complete", software: {}, ...session } }),
  );
  expect(growth).toBeLessThan(LINEAR);
});

it("summarize() counts more silences than a call may have arguments", () => {
  const conversation = makeCall(450_000);
  const { silences } = summarize({
    conversation,
    session: { id: "s", status: "complete", software: {}, started_at: at(0) },
  });
  expect(silences).toMatchObject({ n: expect.any(Number) as number, longest_s: 4 });
  expect(silences?.n).toBeGreaterThan(130_000);
});

it("a wait's stages take twice as long for twice as many rounds of tools", () => {
  expect(measureGrowth(10_000, makeLatency, splitIntoStages)).toBeLessThan(LINEAR);
  expect(measureGrowth(10_000, makeLatency, findLongestStage)).toBeLessThan(LINEAR);
});

it.each([
  ["spaces", " "],
  ["line feeds", "\n"],
  ["spaces that end in no line break", " \u00a0"],
  ["controls", "\u001b"],
  ["words", "word "],
])("toOneLine() takes twice as long for twice as many %s", (_what, part) => {
  expect(measureGrowth(100_000, (size) => part.repeat(size), toOneLine)).toBeLessThan(LINEAR);
});

it.each([
  ["quotes that nothing closes", '{"a":"\\"'],
  ["brackets that nothing closes", "["],
  ["spaces", " "],
  ["escapes", '"\\u0041'],
])("parseConversation() finds the fault in twice as many %s in twice the time", (_what, part) => {
  const refuse = (text: string): void =>
    expect(() => parseConversation(text, "hostile.json")).toThrow("Cannot read conversation");
  expect(measureGrowth(100_000, (size) => part.repeat(size), refuse)).toBeLessThan(LINEAR);
});

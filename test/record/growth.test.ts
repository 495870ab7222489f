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
} from "../../src/record/index.js";
import { measureGrowth } from "../support/growth.js";

/** Linear work grows to about eight times, and more where memory is short; quadratic work to 64. */
const LINEAR = 28;
const TIMES = 8;

/** Quicker than `toTimestamp()`, which would take most of the time where there are many messages. */
const at = (second: number): string =>
  new Date(1_700_000_000_000 + second * 1000).toISOString().replace("Z", "000+00:00");

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

it("summarize() takes eight times as long for eight times as many messages, not 64 times", () => {
  const session = { started_at: at(0) };
  const growth = measureGrowth(
    2000,
    makeCall,
    (conversation) =>
      summarize({
        conversation,
        session: { id: "s", status: "complete", software: {}, ...session },
      }),
    TIMES,
  );
  expect(growth).toBeLessThan(LINEAR);
});

it("summarize() counts more silences than a call may have arguments", () => {
  const conversation = makeCall(200_000).filter(({ started_at }) => started_at !== undefined);
  const { silences } = summarize({
    conversation,
    session: { id: "s", status: "complete", software: {}, started_at: at(0) },
  });
  expect(silences).toMatchObject({ n: expect.any(Number) as number, longest_s: 10 });
  expect(silences?.n).toBeGreaterThan(130_000);
});

it("a wait's stages take eight times as long for eight times as many rounds of tools", () => {
  expect(measureGrowth(3000, makeLatency, splitIntoStages, TIMES)).toBeLessThan(LINEAR);
  expect(measureGrowth(3000, makeLatency, findLongestStage, TIMES)).toBeLessThan(LINEAR);
});

it.each([
  ["spaces", " "],
  ["line feeds", "\n"],
  ["spaces that end in no line break", " \u00a0"],
  ["controls", "\u001b"],
  ["words", "word "],
])("toOneLine() takes linear time for %s", (_what, part) => {
  expect(measureGrowth(50_000, (size) => part.repeat(size), toOneLine, TIMES)).toBeLessThan(LINEAR);
});

it.each([
  ["quotes that nothing closes", '{"a":"\\"'],
  ["brackets that nothing closes", "["],
  ["spaces", " "],
  ["escapes", '"\\u0041'],
])("parseConversation() finds the fault in linear time in %s", (_what, part) => {
  const refuse = (text: string): void =>
    expect(() => parseConversation(text, "hostile.json")).toThrow("Cannot read conversation");
  expect(measureGrowth(50_000, (size) => part.repeat(size), refuse, TIMES)).toBeLessThan(LINEAR);
});

import { expect, it } from "vitest";
import { importOne, wordsOf } from "../support/import-calls.js";
import { WORDS, makePipecatCall, makePipecatSpans } from "./support/made-calls.js";

const { SAID, ASKED, PREAMBLE, ANSWER, HEARD, STOPPED } = WORDS;

it("a call of Pipecat has the words of both sides, and what was heard of the reply that was cut off", async () => {
  const call = await importOne(JSON.stringify(makePipecatCall()));
  expect(call.format).toBe("pipecat");
  expect(wordsOf(call)).toEqual([
    `t_1 agent: ${SAID} (full)`,
    `t_2 user: ${ASKED}`,
    `t_2 agent: ${PREAMBLE} (full)`,
    `t_2 agent: ${HEARD} (partial)`,
    `t_3 user: ${STOPPED}`,
    "t_3 agent: Until then. (full)",
  ]);
  expect(call.conversation.conversation[3]).toMatchObject({
    generated: ANSWER,
    heard_by: "estimate",
    interrupted_by: "m_5",
    voice: "warm",
  });
});

it("the wait before a turn's first reply is Pipecat's, with the marks that its spans tell", async () => {
  const { conversation } = await importOne(JSON.stringify(makePipecatCall()));
  const [, , first, second] = conversation.conversation;
  expect(first).toMatchObject({
    latency: {
      origin: "speech_end",
      marks: {
        speech_end: 0,
        transcript_final: 0.25,
        llm_start: 0.5,
        llm_first_token: 0.65,
        tts_start: 0.72,
        tts_first_byte: 0.84,
        playback_start: 0.9,
      },
      e2e_s: 0.9,
      measured_by: "pipecat",
    },
  });
  expect(second).toMatchObject({ latency: { origin: "llm_start" } });
});

it("tools, what the agent's code gave the conversation, and usage are there", async () => {
  const { conversation } = await importOne(JSON.stringify(makePipecatCall()));
  expect(conversation.events).toMatchObject([
    { type: "tool_call", turn_id: "t_2", data: { name: "look_in_oven", output: "at ten" } },
  ]);
  expect(conversation.events[0]?.data).not.toHaveProperty("duration_s");
  expect(conversation.session).toMatchObject({
    id: "conv-7",
    status: "complete",
    attributes: { shop: "north" },
    usage: expect.arrayContaining([
      { kind: "llm", provider: "mind", model: "mind-3", input_tokens: 120, output_tokens: 24 },
    ]) as unknown,
  });
});

it("a last reply whose turn was marked as interrupted stays open, because a pipeline's end marks it too", async () => {
  const spans = makePipecatSpans().filter(
    ({ id }) => !["turn3", "stt2", "llm3", "tts4"].includes(id),
  );
  const call = await importOne(JSON.stringify(makePipecatCall(spans)));
  expect(wordsOf(call).at(-1)).toBe(`t_2 agent: ${ANSWER} (pending)`);
});

it("a reply that old versions synthesised sentence by sentence is one message", async () => {
  const [one, two] = ["We open at nine.", "Rye is ready at ten."];
  const spans = makePipecatSpans().flatMap((span) => {
    if (span.id === "llm2")
      return [{ ...span, attributes: { ...span.attributes, output: `${one} ${two}` } }];
    if (span.id !== "tts3") return [span];
    const said = (text: string, id: string, later: number): typeof span => ({
      ...span,
      id,
      from: span.from + later,
      to: span.to + later,
      attributes: { ...span.attributes, text },
    });
    return [said(one, "tts3", 0), said(two, "tts3b", 0.3)];
  });
  const { conversation } = await importOne(JSON.stringify(makePipecatCall(spans)));
  expect(conversation.conversation[3]).toMatchObject({
    generated: `${one} ${two}`,
    delivery: "none",
  });
});

it("a call whose end never came is recovered, and its turns are told by their spans", async () => {
  const spans = makePipecatSpans().filter(({ name }) => name !== "conversation" && name !== "turn");
  const call = await importOne(JSON.stringify(makePipecatCall(spans)));
  expect(call.conversation.session.status).toBe("recovered");
  expect(call.conversation.conversation.map(({ content }) => content)).toEqual([
    SAID,
    ASKED,
    PREAMBLE,
    ANSWER,
    STOPPED,
    "Until then.",
  ]);
});

import { expect, it } from "vitest";
import { importOne, wordsOf } from "../support/import-calls.js";
import { WORDS, makeGenAiCall, makeGenAiSpans } from "./support/made-calls.js";

const { ASKED, ANSWER, STOPPED } = WORDS;

it("requests of a language model give each question and each answer once, with the tool between", async () => {
  const call = await importOne(JSON.stringify(makeGenAiCall()));
  expect(call.format).toBe("gen_ai");
  expect(wordsOf(call)).toEqual([
    `t_1 user: ${ASKED}`,
    `t_1 agent: ${ANSWER} (pending)`,
    `t_2 user: ${STOPPED}`,
    "t_2 agent: Until then. (pending)",
  ]);
  expect(call.conversation.events).toMatchObject([
    { type: "tool_call", data: { name: "look_in_oven", output: "at ten", duration_s: 1 } },
  ]);
  expect(call.conversation.conversation[1]).toMatchObject({
    llm_model: "mind-3",
    latency: { origin: "llm_start", marks: { llm_start: 0, llm_first_token: 0.2 } },
  });
});

it("events of older conventions give the same words", async () => {
  const spans = makeGenAiSpans().map(({ attributes, ...span }) => {
    const moments = [
      ["gen_ai.input.messages", "gen_ai.user.message"],
      ["gen_ai.output.messages", "gen_ai.choice"],
    ].flatMap(([key = "", name = ""]) => {
      const json = attributes?.[key];
      const list = JSON.parse(typeof json === "string" ? json : "[]") as {
        role: string;
        parts: { content?: string }[];
      }[];
      const last = list.findLast((message) => message.role === "user" || name === "gen_ai.choice");
      const content = last?.parts[0]?.content;
      return content === undefined ? [] : [{ name, at: span.from, attributes: { content } }];
    });
    return { ...span, moments };
  });
  const call = await importOne(JSON.stringify(makeGenAiCall(spans)));
  expect(wordsOf(call).map((line) => line.replace(/^t_\d+ /, ""))).toEqual([
    `user: ${ASKED}`,
    `agent: ${ANSWER} (pending)`,
    `user: ${STOPPED}`,
    "agent: Until then. (pending)",
  ]);
});

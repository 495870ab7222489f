import * as agents from "@livekit/agents";
import * as openai from "@livekit/agents-plugin-openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { POLITE_REPLY, type ScriptedReply } from "../../src/demo/stand-ins/choose-reply.js";
import type { StandIn } from "../../src/demo/stand-ins/deepgram.js";
import { startLlmStandIn } from "../../src/demo/stand-ins/llm.js";

const KEY = "test-key";
const REPLIES: ScriptedReply[] = [
  { to: "Hello!", say: "Hello to you." },
  {
    to: "Where is it?",
    say: "One moment.",
    tool: { name: "find", arguments: { number: "42" } },
    sayAfterTool: "It is {place}.",
  },
];
const FIND_TOOL = { type: "function", function: { name: "find", parameters: { type: "object" } } };

let standIn: StandIn;

beforeAll(async () => {
  agents.initializeLogger({ pretty: false, level: "silent" });
  standIn = await startLlmStandIn({
    apiKey: KEY,
    replies: REPLIES,
    firstTokenDelayMs: 0,
    tokenIntervalMs: 0,
  });
});
afterAll(() => standIn.stop());

function post(body: unknown, key = KEY, path = "/chat/completions") {
  return fetch(`${standIn.url}${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

const ask = (content: string) => ({ model: "any", messages: [{ role: "user", content }] });

async function replyTo(body: object) {
  const answer = (await (await post(body)).json()) as {
    choices: {
      message: { content: string | null; tool_calls?: { id: string; function: object }[] };
      finish_reason: string;
    }[];
  };
  return answer.choices[0];
}

describe("the stand-in for the language model", () => {
  it.each([
    ["no JSON", "hello", "body"],
    ["a missing model", { messages: [{ role: "user", content: "x" }] }, "model"],
    ["no messages", { model: "any", messages: [] }, "messages"],
    [
      "an unknown role",
      { model: "any", messages: [{ role: "narrator", content: "x" }] },
      "messages.0",
    ],
    [
      "a user message without content",
      { model: "any", messages: [{ role: "user" }] },
      "messages.0.content",
    ],
    ["a stream that is no boolean", { ...ask("x"), stream: "yes" }, "stream"],
    [
      "a tool without a name",
      { ...ask("x"), tools: [{ type: "function", function: {} }] },
      "tools.0",
    ],
    [
      "a tool's answer that nobody asked for",
      { model: "any", messages: [{ role: "tool", content: "x", tool_call_id: "call_1" }] },
      "call_1",
    ],
  ])("refuses %s with 400, naming it", async (_, body, named) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    const { error } = (await answer.json()) as { error: { type: string; message: string } };
    expect(error.type).toBe("invalid_request_error");
    expect(error.message).toContain(named);
  });

  it("refuses another key with 401 and another path with 404", async () => {
    expect((await post(ask("Hello"), "other")).status).toBe(401);
    expect((await post(ask("Hello"), KEY, "/completions")).status).toBe(404);
  });

  it("answers by the last words of the user, whatever their case and punctuation", async () => {
    expect((await replyTo(ask("hello")))?.message.content).toBe("Hello to you.");
    expect((await replyTo(ask("Well then. Hello?")))?.message.content).toBe("Hello to you.");
  });

  it("answers politely to words that the script does not have", async () => {
    expect((await replyTo(ask("What is the meaning of life?")))?.message.content).toBe(
      POLITE_REPLY,
    );
  });

  it("calls the tool where it is offered, and tells of its answer afterwards", async () => {
    const first = await replyTo({ ...ask("Where is it?"), tools: [FIND_TOOL] });
    expect(first).toMatchObject({
      finish_reason: "tool_calls",
      message: {
        content: "One moment.",
        tool_calls: [{ function: { name: "find", arguments: '{"number":"42"}' } }],
      },
    });
    const call = { id: "call_1", type: "function", function: { name: "find", arguments: "{}" } };
    const messages = [
      { role: "user", content: "Where is it?" },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: '{"place":"here"}' },
    ];
    const second = await replyTo({ model: "any", messages, tools: [FIND_TOOL] });
    expect(second).toMatchObject({ finish_reason: "stop", message: { content: "It is here." } });
    const unoffered = await replyTo(ask("Where is it?"));
    expect(unoffered?.message.tool_calls).toBeUndefined();
  });

  it("streams chunks, usage only when asked for, and a last line", async () => {
    const lines = async (body: object) =>
      (await (await post(body)).text()).split("\n\n").filter((line) => line !== "");
    const plain = await lines({ ...ask("Hello"), stream: true });
    expect(plain.at(-1)).toBe("data: [DONE]");
    expect(plain.join("")).not.toContain('"usage"');
    const counted = await lines({
      ...ask("Hello"),
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(counted.at(-2)).toContain('"completion_tokens":3');
  });
});

describe("OpenAI's plugin with the stand-in", () => {
  it("yields the text, the tool call and the usage", async () => {
    const llm = new openai.LLM({ apiKey: KEY, baseURL: standIn.url, model: "any" });
    const chatCtx = agents.llm.ChatContext.empty();
    chatCtx.addMessage({ role: "user", content: "Where is it?" });
    const find = agents.llm.tool({
      name: "find",
      description: "Finds a thing",
      parameters: z.object({ number: z.string() }),
      execute: async () => "here",
    });
    let text = "";
    let usage: agents.llm.CompletionUsage | undefined;
    const calls: agents.llm.FunctionCall[] = [];
    for await (const chunk of llm.chat({ chatCtx, toolCtx: [find] })) {
      text += chunk.delta?.content ?? "";
      calls.push(...(chunk.delta?.toolCalls ?? []));
      usage ??= chunk.usage;
    }
    expect(text).toBe("One moment.");
    expect(calls.map(({ name, args }) => ({ name, args }))).toEqual([
      { name: "find", args: '{"number":"42"}' },
    ]);
    expect(usage?.completionTokens).toBeGreaterThan(0);
    await llm.aclose();
  });
});

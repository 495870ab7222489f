import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text as readBody } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { chooseReply, type ChosenReply, type ScriptedReply } from "./choose-reply.js";
import type { StandIn } from "./deepgram.js";
import { listenOnLoopback } from "./listen-on-loopback.js";
import {
  describeChatError,
  readChatRequest,
  readText,
  type ChatError,
  type ChatRequest,
} from "./read-chat-request.js";

export interface LlmStandInOptions {
  apiKey: string;
  replies: readonly ScriptedReply[];
  /** From the request to the first token, in real milliseconds. May be changed between requests. */
  firstTokenDelayMs: number;
  /** Between one token and the next. Default 12. */
  tokenIntervalMs?: number;
}

/** Serves `POST /v1/chat/completions` and `GET /v1/models` as OpenAI does, from a script. */
export async function startLlmStandIn(options: LlmStandInOptions): Promise<StandIn> {
  const http = await listenOnLoopback((request, response) => {
    // A client that disconnects during an answer gets no error.
    answer(request, response, options).catch(() => response.destroy());
  });
  return { url: `http://${http.host}/v1`, drop: http.drop, stop: http.stop };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: LlmStandInOptions,
): Promise<void> {
  const body = await readBody(request);
  const refuse = (status: number, error: ChatError) => sendJson(response, status, { error });
  if (request.headers.authorization !== `Bearer ${options.apiKey}`) {
    return refuse(401, describeChatError("Incorrect API key provided", null, "invalid_api_key"));
  }
  const route = `${request.method} ${request.url}`;
  if (route === "GET /v1/models") return sendJson(response, 200, { object: "list", data: [] });
  if (route !== "POST /v1/chat/completions")
    return refuse(404, describeChatError(`There is no "${route}"`));
  const read = readChatRequest(body);
  if ("error" in read) return refuse(400, read.error);
  const { chat } = read;

  const gone = new AbortController();
  response.on("close", () => gone.abort());
  await delay(options.firstTokenDelayMs, undefined, { signal: gone.signal });
  const reply = chooseReply(chat, options.replies);
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: chat.model,
  };
  if (!chat.stream) return sendJson(response, 200, describeCompletion(head, chat, reply));

  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  for (const [index, chunk] of describeChunks(reply).entries()) {
    if (index > 1) await delay(options.tokenIntervalMs ?? 12, undefined, { signal: gone.signal });
    response.write(
      `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [chunk] })}\n\n`,
    );
  }
  if (chat.stream_options?.include_usage) {
    const usage = countUsage(chat, reply);
    response.write(
      `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [], usage })}\n\n`,
    );
  }
  response.end("data: [DONE]\n\n");
  return undefined;
}

/**
 * The reply in chunks. The first has the role and the first word. Each further chunk has one word, or
 * one part of a tool call.
 */
function describeChunks({ text, tool }: ChosenReply): object[] {
  const deltas: object[] = splitTokens(text).map((content) => ({ content }));
  if (tool) {
    const id = `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`;
    const call = { index: 0, id, type: "function", function: { name: tool.name, arguments: "" } };
    deltas.push({ tool_calls: [call] });
    for (const part of tool.arguments.match(/.{1,8}/gsu) ?? []) {
      deltas.push({ tool_calls: [{ index: 0, function: { arguments: part } }] });
    }
  }
  const [first, ...rest] = deltas;
  return [
    { index: 0, delta: { role: "assistant", ...first }, finish_reason: null },
    ...rest.map((delta) => ({ index: 0, delta, finish_reason: null })),
    { index: 0, delta: {}, finish_reason: tool ? "tool_calls" : "stop" },
  ];
}

function describeCompletion(head: object, chat: ChatRequest, reply: ChosenReply): object {
  const { text, tool } = reply;
  const call = tool && { id: `call_${randomUUID()}`, type: "function", function: tool };
  const message = {
    role: "assistant",
    content: text === "" ? null : text,
    ...(call ? { tool_calls: [call] } : {}),
  };
  return {
    ...head,
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason: tool ? "tool_calls" : "stop" }],
    usage: countUsage(chat, reply),
  };
}

/** Counts words as tokens, because the numbers only have to exist. */
function countUsage(chat: ChatRequest, { text, tool }: ChosenReply) {
  const asked = chat.messages.map((message) => readText(message.content)).join(" ");
  const prompt_tokens = splitTokens(asked).length;
  const completion_tokens = splitTokens(`${text} ${tool?.arguments ?? ""}`).length;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

function splitTokens(text: string): string[] {
  return text.split(/(?<=\S)(?=\s)/).filter((token) => token.trim() !== "");
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}

import { type Fields, asFields, listAt, parseJsonText, textAt } from "../fields.js";
import type { ToolRun } from "../tool-call.js";

/** The messages of a request to an LLM, in the form of its provider. */
export function readChat(json: unknown): Fields[] {
  const value = parseJsonText(json);
  const list = Array.isArray(value) ? value : asFields(value)?.["messages"];
  return Array.isArray(list) ? list.map(asFields).filter((item) => item !== undefined) : [];
}

/** The words of a message: a text, or the texts of its parts. */
export function readWords(message: Fields): string {
  const content = message["content"] ?? message["parts"];
  if (typeof content === "string") return content.trim();
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((part) => {
      if (typeof part === "string") return [part];
      const fields = asFields(part) ?? {};
      const type = fields["type"] ?? "text";
      if (type !== "text" && type !== "input_text" && type !== "output_text") return [];
      return textAt(fields, "text") ?? textAt(fields, "content") ?? [];
    })
    .join(" ")
    .trim();
}

export function isOfAssistant({ role }: Fields): boolean {
  return role === "assistant" || role === "model";
}

/** Whether a message is the user's own words. Anthropic puts results of tools under the same role. */
export function isOfUser(message: Fields): boolean {
  return message["role"] === "user" && readWords(message) !== "";
}

/** The tools that were called since the user spoke last, with their results. */
export function readLastTools(chat: readonly Fields[]): ToolRun[] {
  const from = chat.findLastIndex(isOfUser);
  const runs = new Map<string, ToolRun>();
  for (const message of chat.slice(from + 1)) {
    for (const call of listCalls(message)) runs.set(call.callId ?? `${runs.size}`, call);
    for (const { callId, output } of listResults(message)) {
      const run = runs.get(callId);
      if (run !== undefined) run.output = output;
    }
  }
  return [...runs.values()];
}

/** Tool calls in OpenAI's form, in Anthropic's, and in OpenTelemetry's. */
function listCalls(message: Fields): ToolRun[] {
  const openAi = listAt(message, "tool_calls").map((call) => {
    const named = asFields(call["function"]) ?? call;
    return toRun(textAt(call, "id"), textAt(named, "name"), named["arguments"]);
  });
  const parts = [...listAt(message, "content"), ...listAt(message, "parts")].flatMap((part) =>
    part["type"] === "tool_use" || part["type"] === "tool_call"
      ? [toRun(textAt(part, "id"), textAt(part, "name"), part["input"] ?? part["arguments"])]
      : [],
  );
  return [...openAi, ...parts];
}

function toRun(callId: string | undefined, name = "unknown", given?: unknown): ToolRun {
  return { name, callId, arguments: toText(given) };
}

function listResults(message: Fields): { callId: string; output: string }[] {
  const own = textAt(message, "tool_call_id");
  if (message["role"] === "tool" && own !== undefined)
    return [{ callId: own, output: toText(message["content"]) ?? "" }];
  return [...listAt(message, "content"), ...listAt(message, "parts")].flatMap((part) => {
    const callId = textAt(part, "tool_use_id") ?? textAt(part, "id");
    const isResult = part["type"] === "tool_result" || part["type"] === "tool_call_response";
    if (!isResult || callId === undefined) return [];
    return [
      { callId, output: toText(part["content"] ?? part["response"] ?? part["result"]) ?? "" },
    ];
  });
}

function toText(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === "string") return value ?? undefined;
  return JSON.stringify(value);
}

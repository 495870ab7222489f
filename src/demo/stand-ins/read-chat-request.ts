import { z } from "zod";

const text = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.literal("text"), text: z.string() })),
]);

const toolCall = z.strictObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string().min(1), arguments: z.string() }),
});

const chatMessage = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer", "user"]), content: text }),
  z.looseObject({
    role: z.literal("assistant"),
    content: text.nullish(),
    tool_calls: z.array(toolCall).min(1).optional(),
  }),
  z.looseObject({ role: z.literal("tool"), content: text, tool_call_id: z.string() }),
]);

const chatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(chatMessage).min(1),
  stream: z.boolean().default(false),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  tools: z
    .array(
      z.strictObject({
        type: z.literal("function"),
        function: z.looseObject({
          name: z.string().min(1),
          parameters: z.looseObject({}).optional(),
        }),
      }),
    )
    .optional(),
});

export type ChatRequest = z.infer<typeof chatRequest>;

/** The error that OpenAI's API gives for a bad request. */
export interface ChatError {
  message: string;
  type: "invalid_request_error";
  param: string | null;
  code: string | null;
}

/** Reads the body of `POST /v1/chat/completions`. */
export function readChatRequest(body: string): { chat: ChatRequest } | { error: ChatError } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { error: describeChatError("The body of the request is not JSON") };
  }
  const read = chatRequest.safeParse(json);
  if (!read.success) {
    const issue = read.error.issues[0];
    const param = issue?.path.join(".") ?? "";
    return { error: describeChatError(`Invalid "${param}": ${issue?.message}`, param) };
  }
  const called = new Set<string>();
  for (const [index, item] of read.data.messages.entries()) {
    if (item.role === "assistant") for (const call of item.tool_calls ?? []) called.add(call.id);
    if (item.role === "tool" && !called.has(item.tool_call_id)) {
      const param = `messages.${index}.tool_call_id`;
      return {
        error: describeChatError(`"${item.tool_call_id}" answers no tool call before it`, param),
      };
    }
  }
  return { chat: read.data };
}

export function describeChatError(
  message: string,
  param: string | null = null,
  code: string | null = null,
): ChatError {
  return { message, type: "invalid_request_error", param, code };
}

/** The text of a message, with its parts joined. */
export function readText(content: z.infer<typeof text> | null | undefined): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text).join(" ");
}

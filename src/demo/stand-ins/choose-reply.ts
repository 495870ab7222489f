import { readText, type ChatRequest } from "./read-chat-request.js";

/** The language model's answer to one utterance of the user. */
export interface ScriptedReply {
  /** The user's words; case and punctuation do not matter. */
  to: string;
  /** Said at once. With a tool call, said before the tool's result is known. */
  say?: string;
  tool?: { name: string; arguments: Record<string, unknown> };
  /** Said after the tool has answered. `{key}` is replaced by a value of its JSON answer. */
  sayAfterTool?: string;
}

export interface ChosenReply {
  text: string;
  tool?: { name: string; arguments: string };
}

/** The answer to words that are not in the script. */
export const POLITE_REPLY = "I am sorry, I did not understand that. Could you say it another way?";

/** Finds the reply to the user's last message, or to a tool's answer after it. */
export function chooseReply(request: ChatRequest, replies: readonly ScriptedReply[]): ChosenReply {
  const { messages } = request;
  const lastUser = messages.findLastIndex((message) => message.role === "user");
  const spoken = lastUser === -1 ? "" : normalise(readText(messages[lastUser]?.content));
  const reply =
    replies.find(({ to }) => normalise(to) === spoken) ??
    // A turn may hold several utterances. The last one is answered.
    replies.find(({ to }) => spoken.endsWith(normalise(to)));
  if (!reply) return { text: POLITE_REPLY };
  const answer = messages.slice(lastUser + 1).findLast((message) => message.role === "tool");
  if (answer) return { text: fillIn(reply.sayAfterTool ?? POLITE_REPLY, readText(answer.content)) };
  const offered = request.tools?.some((tool) => tool.function.name === reply.tool?.name) ?? false;
  if (!reply.tool || !offered) return { text: reply.say ?? POLITE_REPLY };
  const { name, arguments: given } = reply.tool;
  return { text: reply.say ?? "", tool: { name, arguments: JSON.stringify(given) } };
}

function fillIn(template: string, answer: string): string {
  let values: Record<string, unknown>;
  try {
    values = JSON.parse(answer) as Record<string, unknown>;
  } catch {
    return POLITE_REPLY;
  }
  const keys = [...template.matchAll(/\{(\w+)\}/g)].map(([, key]) => key ?? "");
  if (keys.some((key) => values[key] === undefined)) return POLITE_REPLY;
  return template.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(values[key]));
}

function normalise(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[\p{P}\p{S}]/gu, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

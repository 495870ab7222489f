import type { ConversationEvent, JsonValue, Message } from "../record/index.js";
import { type ExportFormat, type TextKind, writeEach } from "./export-format.js";
import { type ExportedCall, beginningOf, takeUntil } from "./exported-call.js";
import { textOf } from "./message-text.js";
import { type ToolCall, readToolCall } from "./tool-call.js";

/** A message in the form of OpenAI's chat completions. */
export type ChatMessage =
  | { role: "user"; content: string }
  | { role: "assistant"; content: string | null; tool_calls?: ChatToolCall[] }
  | { role: "tool"; tool_call_id: string; content: string };

export interface ChatToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

export interface ChatTool {
  type: "function";
  function: { name: string; parameters: { [key: string]: JsonValue } };
}

export const chatMessages: ExportFormat = {
  name: "jsonl",
  audience: "fine-tuning, evaluations and data sets",
  kept: "OpenAI chat messages with tool calls and their results, one call a line; with a moment the messages until then",
  lost: "times, findings, instructions, words that the agent never used, and words at the end that nobody answered. Neighbouring messages of one side are joined. A tool has only its name and the arguments that were used",
  extension: "jsonl",
  mediaType: "application/jsonl",
  holdsMany: true,
  texts: ["generated", "heard"],
  // Validators refuse keys that they do not know.
  saysText: false,
  moment: "until",
  write: writeEach(function* (call, { text, onLeftOut }) {
    const { messages, tools } = toChat(call, text);
    const isWhole = call.at_s === undefined;
    const last = isWhole
      ? messages.findLastIndex(({ role }) => role === "assistant") + 1
      : undefined;
    const kept = messages.slice(0, last);
    if (!kept.some(({ role, content }) => role === "assistant" && content !== null) && isWhole) {
      onLeftOut(
        `"${call.name}" is left out: the agent said nothing in it, and a line needs a reply`,
      );
      return;
    }
    yield `${JSON.stringify({ messages: kept, ...(tools.length > 0 && { tools }) })}\n`;
  }),
};

interface Chat {
  messages: ChatMessage[];
  tools: ChatTool[];
}

type Entry = { at_s: number } & ({ message: Message } | { event: ConversationEvent });

/** A call as a chat. Each tool call is followed at once by its result, as models need it. Pure. */
export function toChat(call: ExportedCall, kind: TextKind): Chat {
  const entries: Entry[] = takeUntil(call).map((message) => ({
    // The model wrote a reply before it was heard.
    at_s:
      (message.role === "agent" ? call.secondsOf(message.timestamp) : endingOf(call, message)) ?? 0,
    message,
  }));
  for (const event of call.conversation.events) {
    const at_s = call.secondsOf(event.timestamp) ?? 0;
    if (event.type === "tool_call" && (call.at_s === undefined || at_s <= call.at_s))
      entries.push({ at_s, event });
  }
  const writer = new ChatWriter();
  for (const entry of inOrder(entries)) {
    if ("event" in entry) writer.addTool(readToolCall(entry.event), entry.at_s);
    else if (entry.message.role === "agent") writer.addReply(textOf(entry.message, kind).text);
    else if (entry.message.discarded === undefined)
      writer.addUser(textOf(entry.message, "generated").text);
  }
  return { messages: writer.messages, tools: writer.listTools() };
}

/** The words of a user reach the model when they end. */
function endingOf(call: ExportedCall, message: Message): number | undefined {
  return call.secondsOf(message.timestamp) ?? beginningOf(call, message);
}

/** Messages keep their order. A tool call comes before the first message that began after it. */
function inOrder(entries: readonly Entry[]): Entry[] {
  const messages = entries.filter((entry) => "message" in entry);
  const events = entries.filter((entry) => "event" in entry).toSorted((a, b) => a.at_s - b.at_s);
  const ordered: Entry[] = [];
  let next = 0;
  for (const message of messages) {
    for (; next < events.length; next += 1) {
      const event = events[next];
      if (event === undefined || event.at_s > message.at_s) break;
      ordered.push(event);
    }
    ordered.push(message);
  }
  return [...ordered, ...events.slice(next)];
}

/** The signs that a function's name may have. */
const NOT_IN_NAMES = /[^\w-]/g;
const LONGEST_NAME = 64;

class ChatWriter {
  readonly messages: ChatMessage[] = [];
  readonly #parameters = new Map<string, Map<string, JsonValue>>();
  readonly #ids = new Set<string>();
  /** When the earliest tool of the last round ended. A tool that began later is another round. */
  #roundEndS = -Infinity;

  addUser(text: string): void {
    if (text.trim() === "") return;
    const last = this.messages.at(-1);
    if (last?.role === "user") last.content += `\n${text}`;
    else this.messages.push({ role: "user", content: text });
  }

  addReply(text: string): void {
    if (text.trim() === "") return;
    const last = this.messages.at(-1);
    if (last?.role === "assistant")
      last.content = last.content === null ? text : `${last.content} ${text}`;
    else this.messages.push({ role: "assistant", content: text });
  }

  addTool(call: ToolCall, at_s: number): void {
    const id = this.#makeId(call.callId);
    const name = call.name.replace(NOT_IN_NAMES, "_").slice(0, LONGEST_NAME);
    const args = needJsonObject(call.arguments);
    this.#noteParameters(name, args);
    const called: ChatToolCall = {
      id,
      type: "function",
      function: { name, arguments: args === undefined ? "{}" : call.arguments },
    };
    const result: ChatMessage = { role: "tool", tool_call_id: id, content: call.output ?? "" };
    const round = this.#openRound(at_s);
    const end_s = at_s + (call.duration_s ?? 0);
    if (round === undefined) {
      this.messages.push({ role: "assistant", content: null, tool_calls: [called] }, result);
      this.#roundEndS = end_s;
      return;
    }
    this.#roundEndS = round.tool_calls === undefined ? end_s : Math.min(this.#roundEndS, end_s);
    (round.tool_calls ??= []).push(called);
    this.messages.push(result);
  }

  /** The assistant message to which a tool call belongs: one that ends the chat, or runs tools now. */
  #openRound(at_s: number): (ChatMessage & { role: "assistant" }) | undefined {
    const at = this.messages.findLastIndex(({ role }) => role !== "tool");
    const message = this.messages[at];
    if (message?.role !== "assistant") return undefined;
    if (at === this.messages.length - 1) return message;
    return at_s < this.#roundEndS ? message : undefined;
  }

  #makeId(given: string | undefined): string {
    const wanted = given ?? `call_${this.#ids.size + 1}`;
    let id = wanted;
    for (let n = 2; this.#ids.has(id); n += 1) id = `${wanted}_${n}`;
    this.#ids.add(id);
    return id;
  }

  #noteParameters(name: string, args: { [key: string]: JsonValue } | undefined): void {
    const known = this.#parameters.get(name) ?? new Map<string, JsonValue>();
    this.#parameters.set(name, known);
    for (const [key, value] of Object.entries(args ?? {}))
      if (value !== null || !known.has(key)) known.set(key, value);
  }

  listTools(): ChatTool[] {
    return [...this.#parameters].map(([name, seen]) => ({
      type: "function",
      function: {
        name,
        parameters: {
          type: "object",
          properties: Object.fromEntries(
            [...seen].map(([key, value]) => [key, { type: typeOfJson(value) }]),
          ),
        },
      },
    }));
  }
}

function needJsonObject(text: string): { [key: string]: JsonValue } | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The type by JSON Schema. */
function typeOfJson(value: JsonValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

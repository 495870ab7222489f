import type { ImportedConversation } from "../import-format.js";
import { type DraftAgent, type DraftCall, type DraftUser, finishCall } from "../draft-call.js";
import { toLatency } from "../draft-latency.js";
import {
  type Fields,
  asFields,
  durationAt,
  parseJsonText,
  present,
  textAt,
  timestampOf,
} from "../fields.js";
import { toToolEvent } from "../tool-call.js";
import { isOfAssistant, isOfUser, readChat, readWords } from "./chat-history.js";
import type { ReceivedSpan } from "./received-span.js";
import type { SpanProducer } from "./span-producer.js";

const NAME = "gen_ai";

/** Requests of language models by OpenTelemetry's conventions, without any software that is known here. */
export const genAi: SpanProducer = {
  forms: [
    {
      name: NAME,
      origin: "spans of language models by OpenTelemetry's GenAI conventions",
      recognizedBy:
        "`gen_ai.input.messages`, `gen_ai.output.messages` or the events `gen_ai.*.message`",
      kept: "words of both sides, in the order of the requests; tools; when the language model was asked and answered",
      missing: "all of speech: when each side spoke, what was heard, interruptions, waits",
    },
  ],
  takes: ({ attributes, moments }) =>
    attributes["gen_ai.input.messages"] !== undefined ||
    attributes["gen_ai.output.messages"] !== undefined ||
    attributes["gen_ai.operation.name"] === "execute_tool" ||
    moments.some(({ name }) => name === "gen_ai.choice" || name === "gen_ai.user.message"),
  groupOf: ({ attributes, traceId }) => textAt(attributes, "gen_ai.conversation.id") ?? traceId,
  readCalls: (spans) => {
    const call = readCall(spans);
    return call === undefined ? [] : [call];
  },
};

function readCall(spans: readonly ReceivedSpan[]): ImportedConversation | undefined {
  const messages: (DraftUser | DraftAgent)[] = [];
  for (const span of spans) {
    const asked = readAsked(span);
    const last = messages.at(-1);
    // A request that is tried again has the same words.
    if (asked !== undefined && !(last?.role === "user" && last.content === asked.content))
      messages.push(asked);
    const answer = readAnswer(span);
    if (answer !== undefined) messages.push(answer);
  }
  const [first] = spans;
  if (first === undefined || messages.length === 0) return undefined;
  const ends = spans.flatMap(({ endMs }) => endMs ?? []);
  return finishCall({
    format: NAME,
    session: {
      id: genAi.groupOf(first),
      ...present("started_at", timestampOf(first.startMs)),
      ...present("ended_at", timestampOf(ends.reduce((latest, ms) => Math.max(latest, ms), 0))),
      trace_id: first.traceId,
    },
    messages,
    events: spans.flatMap((span) => readTool(span)),
    missing: ["speech", "what was heard", "waits"],
  });
}

/** The user's words since the last answer. Those before it are in the requests before. */
function readAsked(span: ReceivedSpan): DraftUser | undefined {
  const chat = readMessages(span, "gen_ai.input.messages", /^gen_ai\.(?:user|assistant)\.message$/);
  const since = chat.slice(chat.findLastIndex(isOfAssistant) + 1);
  const content = since.filter(isOfUser).map(readWords).join("\n");
  if (content === "") return undefined;
  const at = present("timestamp", timestampOf(span.startMs));
  const ids = { trace_id: span.traceId, span_id: span.spanId };
  return { role: "user", content, ...at, source: "unknown", ...ids };
}

/** An answer in words. Nobody knows whether anybody heard or read it. */
function readAnswer(span: ReceivedSpan): DraftAgent | undefined {
  const chat = readMessages(span, "gen_ai.output.messages", /^gen_ai\.choice$/);
  const content = chat
    .map(readWords)
    .filter((words) => words !== "")
    .join("\n");
  if (content === "") return undefined;
  const { attributes, startMs } = span;
  const ttftS = durationAt(attributes, "gen_ai.response.time_to_first_chunk");
  const firstMs = startMs === undefined || ttftS === undefined ? undefined : startMs + ttftS * 1000;
  const model =
    textAt(attributes, "gen_ai.response.model") ?? textAt(attributes, "gen_ai.request.model");
  return {
    role: "agent",
    content,
    ...present("timestamp", timestampOf(span.endMs ?? startMs)),
    source: "unknown",
    delivery: "pending",
    trace_id: span.traceId,
    span_id: span.spanId,
    ...present("llm_model", model),
    ...present("latency", toLatency({ llm_start: startMs, llm_first_token: firstMs }, NAME)),
  };
}

/** Messages of an attribute; of events, as conventions before 2025 had them. */
function readMessages(span: ReceivedSpan, key: string, events: RegExp): Fields[] {
  const value = span.attributes[key];
  if (value !== undefined) return readChat(value);
  return span.moments
    .filter(({ name }) => events.test(name))
    .map(({ name, attributes }) => {
      const inner = asFields(parseJsonText(attributes["message"]));
      const [, role = "assistant"] = /^gen_ai\.(user|assistant)\./.exec(name) ?? [];
      return { role, ...attributes, ...inner };
    });
}

function readTool({
  attributes,
  startMs,
  endMs,
  isFailed,
  spanId,
}: ReceivedSpan): NonNullable<DraftCall["events"]> {
  if (attributes["gen_ai.operation.name"] !== "execute_tool") return [];
  const output = toText(attributes["gen_ai.tool.call.result"]);
  const event = toToolEvent({
    name: textAt(attributes, "gen_ai.tool.name") ?? "unknown",
    callId: textAt(attributes, "gen_ai.tool.call.id"),
    arguments: toText(attributes["gen_ai.tool.call.arguments"]),
    output,
    isError: isFailed ? true : undefined,
    startMs,
    endMs,
    // The span has ended, so the tool has too, whether its result is told or not.
    isUnfinished: false,
  });
  return event === undefined ? [] : [{ ...event, span_id: spanId }];
}

function toText(value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  return JSON.stringify(value);
}

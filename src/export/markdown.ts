import { type Finding, type Severity, figuresOf, formatMoment } from "../insight/index.js";
import type { AgentMessage, ConversationEvent, Message } from "../record/index.js";
import { type ExportFormat, type TextKind, writeEach } from "./export-format.js";
import {
  type ExportedCall,
  type Excerpt,
  beginningOf,
  findingsOf,
  takeExcerpt,
} from "./exported-call.js";
import { toCode, toMarkdown } from "./markdown-text.js";
import { TEXT_NAMES, hasText, textOf } from "./message-text.js";
import { readToolCall } from "./tool-call.js";
import { formatWaterfall } from "./waterfall.js";

const MARKS: Readonly<Record<Severity, string>> = { bad: "◆ bad", warn: "▲ warn", note: "● note" };
const LONGEST_TOOL_TEXT = 300;

export const markdown: ExportFormat = {
  name: "md",
  audience: "issues and chats",
  kept: "findings, transcript with times, tool calls, waits, and the waterfall of the slowest reply; with a moment the turns round it",
  lost: "word times, levels, models, usage; long arguments and results of tools are cut",
  extension: "md",
  mediaType: "text/markdown; charset=utf-8",
  holdsMany: true,
  texts: ["heard", "generated", "both"],
  saysText: true,
  moment: "excerpt",
  write: writeEach(function* (call, { text: kind }) {
    const excerpt = takeExcerpt(call);
    yield* writeHead(call, kind);
    yield* writeFindings(findingsOf(call, excerpt));
    yield "### Transcript\n\n";
    yield* writeTranscript(call, excerpt, kind);
    yield* writeSlowest(call, excerpt);
  }),
};

function* writeHead(call: ExportedCall, kind: TextKind): Generator<string> {
  const { session } = call.conversation;
  const figures = figuresOf(call.conversation);
  const moment = call.at_s === undefined ? "" : ` @${formatMoment(call.at_s)}`;
  yield `## ${toMarkdown(call.name)}${moment}\n\n`;
  const facts = [
    session.started_at,
    session.status,
    figures.duration_s !== undefined && `${figures.duration_s.toFixed(1)} s`,
    `${figures.user_messages} user and ${figures.agent_messages} agent messages`,
    figures.e2e_s !== undefined &&
      `waited ${figures.e2e_s.median.toFixed(2)} s, at most ${figures.e2e_s.max.toFixed(2)} s`,
    session.close_reason !== undefined && toMarkdown(session.close_reason),
  ];
  yield `${facts.filter((fact) => fact !== false).join(" · ")}\n`;
  yield `Text: ${TEXT_NAMES[kind]}.\n\n`;
}

function* writeFindings(findings: readonly Finding[]): Generator<string> {
  if (findings.length === 0) return;
  yield "### Findings\n\n";
  for (const { severity, at_s, text } of findings)
    yield `- ${MARKS[severity]} @${formatMoment(at_s)} ${toMarkdown(text)}\n`;
  yield "\n";
}

/** Messages and tool calls in the order in which they began. */
function* writeTranscript(
  call: ExportedCall,
  { messages, turnId }: Excerpt,
  kind: TextKind,
): Generator<string> {
  const turns = new Set(messages.map(({ turn_id }) => turn_id));
  const tools = call.conversation.events.filter(
    ({ type, turn_id }) =>
      type === "tool_call" && (turnId === undefined || turns.has(turn_id ?? "")),
  );
  const shown = messages.filter((message) => hasText(message, kind));
  if (shown.length === 0 && tools.length === 0) yield "Nothing was said.\n";
  let next = 0;
  for (const message of shown) {
    const at_s = beginningOf(call, message) ?? Infinity;
    for (; next < tools.length; next += 1) {
      const tool = tools[next];
      if (tool === undefined || (call.secondsOf(tool.timestamp) ?? 0) > at_s) break;
      yield* writeTool(call, tool);
    }
    yield `- ${timeOf(beginningOf(call, message))}${writeMessage(call, message, kind)}\n`;
  }
  for (const tool of tools.slice(next)) yield* writeTool(call, tool);
  yield "\n";
}

function timeOf(at_s: number | undefined): string {
  return at_s === undefined ? "" : `${formatMoment(at_s)} `;
}

function writeMessage(call: ExportedCall, message: Message, kind: TextKind): string {
  const { text, unheard } = textOf(message, kind);
  const viewed = call.view(message);
  const wait = viewed?.line.wait;
  const notes = [
    viewed?.pending !== undefined && "what was heard of it is not known",
    message.role === "agent" && message.delivery === "partial" && "cut off",
    message.role === "user" && message.discarded !== undefined && "the agent did not use it",
    message.redacted === true && "changed by the agent's own review",
    wait !== undefined &&
      `waited ${wait.e2e_s.toFixed(2)} s${wait.longest === undefined ? "" : `, ${wait.longest.stage} ${wait.longest.duration_s.toFixed(2)}`}`,
  ].filter((note) => note !== false);
  return [
    `**${message.role}:** ${toMarkdown(text)}`,
    ...(unheard === undefined ? [] : [`~~${toMarkdown(unheard)}~~`]),
    ...(notes.length === 0 ? [] : [`*(${notes.join("; ")})*`]),
  ].join(" ");
}

function* writeTool(call: ExportedCall, event: ConversationEvent): Generator<string> {
  const tool = readToolCall(event);
  const result = tool.output === undefined ? "" : ` → ${toCode(cut(tool.output))}`;
  const failed = tool.isError ? " **failed**" : "";
  yield `- ${timeOf(call.secondsOf(event.timestamp))}⚙ ${toCode(cut(`${tool.name}(${tool.arguments})`))}${result}${failed}\n`;
}

function cut(text: string): string {
  return text.length <= LONGEST_TOOL_TEXT ? text : `${text.slice(0, LONGEST_TOOL_TEXT)}…`;
}

/** Where the time of the longest wait went; at a moment, of the longest wait of its turn. */
function* writeSlowest(call: ExportedCall, { messages, turnId }: Excerpt): Generator<string> {
  const waited = messages.filter(
    (message): message is AgentMessage =>
      message.role === "agent" &&
      message.latency?.e2e_s !== undefined &&
      (turnId === undefined || message.turn_id === turnId),
  );
  const [slowest] = waited.toSorted((a, b) => waitOf(b) - waitOf(a));
  if (slowest === undefined) return;
  yield `### Where the time went: turn ${slowest.turn_id.replaceAll(/\D/g, "")}\n\n`;
  yield `\`\`\`text\n${formatWaterfall(call.view(slowest)?.stages ?? [])}\n\`\`\`\n\n`;
}

function waitOf({ latency }: AgentMessage): number {
  return latency?.e2e_s ?? 0;
}

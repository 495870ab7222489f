import {
  type Severity,
  type TimelineEntry,
  figuresOf,
  findMessageAt,
  formatMoment,
  viewTimeline,
} from "../insight/index.js";
import { type Message, embedRecord } from "../record/index.js";
import { type ExportFormat, writeEach } from "./export-format.js";
import type { ExportedCall } from "./exported-call.js";
import { CLOSED_PAGE, openPage } from "./html-page.js";
import { spoken, toHtml, toHtmlLines } from "./html-text.js";
import { drawTimeline, drawWait } from "./html-timeline.js";
import { TEXT_NAMES, textOf } from "./message-text.js";

const MARKS: Readonly<Record<Severity, string>> = { bad: "◆", warn: "▲", note: "●" };

/** One page that opens offline, with the record in it. */
export const html: ExportFormat = {
  name: "html",
  audience: "a colleague without TalkTrace: one page that opens offline",
  kept: "everything. The page shows findings, a timeline, transcript, tools and waits, and `talktrace show call.html` reads the whole record back from it",
  lost: "tags and notes, which stand beside the record",
  extension: "html",
  mediaType: "text/html; charset=utf-8",
  holdsMany: false,
  texts: ["both"],
  saysText: true,
  moment: "opens",
  write: writeEach(function* (call) {
    yield openPage(`${call.name} - TalkTrace`);
    yield* writeHead(call);
    yield* drawTimeline(call);
    yield* writeFindings(call);
    yield* writeTranscript(call);
    yield `<p class="muted">Text: ${TEXT_NAMES.both}. The whole record is in this page: <code>talktrace show FILE.html</code></p>\n`;
    yield* embedRecord(call.conversation);
    yield CLOSED_PAGE;
  }),
};

function* writeHead({ name, conversation }: ExportedCall): Generator<string> {
  const { session } = conversation;
  const figures = figuresOf(conversation);
  const facts = [
    session.started_at,
    session.status,
    session.close_reason,
    figures.duration_s !== undefined && `${figures.duration_s.toFixed(1)} s`,
    `${figures.user_messages} user and ${figures.agent_messages} agent messages`,
    figures.e2e_s !== undefined &&
      `waited ${figures.e2e_s.median.toFixed(2)} s, at most ${figures.e2e_s.max.toFixed(2)} s`,
  ].filter((fact) => fact !== false && fact !== undefined);
  yield `<header>\n<h1>${toHtmlLines(name)}</h1>\n<p class="muted">${toHtml(facts.join(" · "))}</p>\n</header>\n`;
}

function* writeFindings(call: ExportedCall): Generator<string> {
  yield '<h2>Findings</h2>\n<ul class="findings">\n';
  if (call.findings.length === 0) yield '<li class="muted">none</li>\n';
  const places = placesOf(call);
  for (const { severity, at_s, text, message_ids } of call.findings) {
    const place = message_ids.map((id) => places.get(id)).find((found) => found !== undefined);
    const moment = `@${formatMoment(at_s)}`;
    const link = place === undefined ? moment : `<a href="#${place}">${moment}</a>`;
    yield `<li><span class="${severity}">${MARKS[severity]} ${severity}</span> ${link} ${toHtmlLines(text)}</li>\n`;
  }
  yield "</ul>\n";
}

/** The names of places in the page, by message id. An id itself may be any text. */
function placesOf({ conversation }: ExportedCall): Map<string, string> {
  return new Map(conversation.conversation.map(({ id }, at) => [id, `message-${at + 1}`]));
}

function* writeTranscript(call: ExportedCall): Generator<string> {
  const messages = new Map(call.conversation.conversation.map((each) => [each.id, each]));
  const places = placesOf(call);
  const opened =
    call.at_s === undefined ? undefined : findMessageAt(call.conversation, call.at_s)?.id;
  yield '<h2>Transcript</h2>\n<ol class="transcript">\n';
  for (const entry of viewTimeline(call.conversation)) {
    const message = entry.kind === "message" ? messages.get(entry.message.id) : undefined;
    const moment = entry.at_s === undefined ? "" : formatMoment(entry.at_s);
    const place = message === undefined ? "" : ` id="${places.get(message.id)}"`;
    const classes = [whoOf(entry), message !== undefined && message.id === opened && "opened"];
    yield `<li${place} class="${classes.filter(Boolean).join(" ")}"><time>${moment}</time>`;
    yield `<span class="who">${LABELS[entry.kind] ?? whoOf(entry)}</span>`;
    yield `<div class="said">${describeEntry(call, entry, message)}</div></li>\n`;
  }
  if (messages.size === 0) yield '<li class="muted">Nothing was said.</li>\n';
  yield "</ol>\n";
}

const LABELS: Partial<Record<TimelineEntry["kind"], string>> = { tool: "tool", event: "event" };

function whoOf(entry: TimelineEntry): string {
  if (entry.kind === "message") return entry.message.line.who;
  return entry.kind === "unspoken" ? "agent" : "aside";
}

function describeEntry(
  call: ExportedCall,
  entry: TimelineEntry,
  message: Message | undefined,
): string {
  switch (entry.kind) {
    case "message":
      return message === undefined ? "" : describeMessage(call, message);
    case "tool": {
      const output =
        entry.output === undefined ? "" : ` → <code>${toHtmlLines(entry.output)}</code>`;
      const outcome = entry.outcome === "ok" ? "" : ` <span class="bad">${entry.outcome}</span>`;
      return `<code>${toHtmlLines(`${entry.name}(${entry.arguments})`)}</code>${output}${outcome}`;
    }
    case "event":
      return `${toHtmlLines(entry.type)} <code>${toHtmlLines(JSON.stringify(entry.data))}</code>`;
    case "unspoken":
      return `${spoken("s", entry.text, undefined)}<span class="facts">never heard: ${entry.reason}</span>`;
  }
}

function describeMessage(call: ExportedCall, message: Message): string {
  const { text, unheard } = textOf(message, "both");
  const viewed = call.view(message);
  const wait = viewed?.line.wait;
  const facts = [
    message.role === "agent" && message.delivery === "partial" && "cut off",
    message.role === "agent" && message.delivery === "none" && "not heard",
    viewed?.pending !== undefined && "what was heard of it is not known",
    viewed?.discarded !== undefined && `the agent did not use it: ${viewed.discarded}`,
    viewed?.is_text === true && "text",
    message.redacted === true && "changed by the agent's own review",
    wait !== undefined && `waited ${wait.e2e_s.toFixed(2)} s`,
    wait?.longest !== undefined && `${wait.longest.stage} ${wait.longest.duration_s.toFixed(2)}`,
  ].filter((fact) => fact !== false);
  const stages = viewed?.stages ?? [];
  const waterfall = wait === undefined ? "" : drawWait(stages);
  return [
    spoken("span", text, message.language),
    unheard === undefined ? "" : ` ${spoken("s", unheard, message.language)}`,
    viewed?.taken_as === undefined
      ? ""
      : `<span class="facts">taken as ${spoken("span", viewed.taken_as, undefined)}</span>`,
    facts.length === 0 ? "" : `<span class="facts">${toHtml(facts.join(" · "))}</span>`,
    waterfall === "" ? "" : `<details><summary>where the time went</summary>${waterfall}</details>`,
  ].join("");
}

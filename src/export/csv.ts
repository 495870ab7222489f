import { STAGE_NAMES, formatMoment, sumWait } from "../insight/index.js";
import type { Message, UnspokenMessage } from "../record/index.js";
import type { CsvCell as Cell } from "./csv-records.js";
import type { ExportFormat, RowKind, TextKind } from "./export-format.js";
import { type ExportedCall, beginningOf } from "./exported-call.js";
import { textOf } from "./message-text.js";
import { readToolCall } from "./tool-call.js";

/** A table: its columns, and the rows that a call gives. Every row has a cell for each column. */
interface Table {
  columns: readonly string[];
  rows(call: ExportedCall): Iterable<readonly Cell[]>;
}

export const csv: ExportFormat = {
  name: "csv",
  audience: "spreadsheets and data frames",
  kept: "messages, turns or findings by `--rows`, one row each, with times, waits and models",
  lost: "word times, events beside tools, attributes; texts that a spreadsheet would take for a formula begin with an apostrophe",
  extension: "csv",
  mediaType: "text/csv; charset=utf-8",
  holdsMany: true,
  texts: ["heard", "generated", "both"],
  saysText: true,
  moment: undefined,
  async *write(calls, { text, rows, bom }) {
    // It is loaded here, because the other formats do not need it.
    const { toCsvRecords } = await import("./csv-records.js");
    const table = TABLES[rows](text);
    yield toCsvRecords([table.columns], { bom, lineEnd: "\r\n" });
    for await (const call of calls)
      for (const row of table.rows(call)) yield toCsvRecords([row], { lineEnd: "\r\n" });
  },
};

/** The names of the columns say which words they have. */
const TEXT_COLUMNS: Readonly<Record<TextKind, readonly string[]>> = {
  heard: ["heard"],
  generated: ["generated"],
  both: ["heard", "generated"],
};

function textCells(message: Message | UnspokenMessage, kind: TextKind): string[] {
  if (kind !== "both") return [textOf(message, kind).text];
  return [textOf(message, "heard").text, textOf(message, "generated").text];
}

const TABLES: Readonly<Record<RowKind, (kind: TextKind) => Table>> = {
  messages: (kind) => ({
    columns: [
      ...columns("call call_started_at message turn role moment at_s"),
      ...TEXT_COLUMNS[kind],
      ...columns("delivery started_at ended_at timestamp wait_s longest_stage longest_stage_s"),
      ...columns("language confidence source model voice agent llm_model interrupted_by"),
      ...columns("discarded redacted"),
    ],
    *rows(call) {
      for (const message of call.conversation.conversation) yield messageRow(call, message, kind);
      if (kind === "heard") return;
      for (const message of call.conversation.unspoken) yield messageRow(call, message, kind);
    },
  }),
  turns: (kind) => ({
    columns: [
      ...columns("call call_started_at turn moment at_s"),
      ...TEXT_COLUMNS[kind].flatMap((name) => [`user_${name}`, `agent_${name}`]),
      ...columns("wait_s tools interrupted"),
      ...STAGE_NAMES.map((name) => `${name}_s`),
    ],
    rows: (call) => turnRows(call, kind),
  }),
  findings: () => ({
    columns: columns(
      "call call_started_at moment at_s until_s severity rule finding value limit unit certain messages",
    ),
    *rows(call) {
      for (const finding of call.findings)
        yield [
          ...callCells(call),
          formatMoment(finding.at_s),
          finding.at_s,
          finding.until_s,
          finding.severity,
          finding.rule,
          finding.text,
          finding.value,
          finding.limit,
          finding.unit,
          String(finding.certain),
          finding.message_ids.join(" "),
        ];
    },
  }),
};

function columns(names: string): string[] {
  return names.split(" ");
}

function callCells({ name, conversation }: ExportedCall): [Cell, Cell] {
  return [name, conversation.session.started_at];
}

function momentCells(at_s: number | undefined): [Cell, Cell] {
  return [at_s === undefined ? undefined : formatMoment(at_s), at_s];
}

function messageRow(
  call: ExportedCall,
  message: Message | UnspokenMessage,
  kind: TextKind,
): readonly Cell[] {
  const isUnspoken = "reason" in message;
  const user = message.role === "user" ? message : undefined;
  const agent = message.role === "agent" ? message : undefined;
  const wait = isUnspoken ? undefined : call.view(message)?.line.wait;
  return [
    ...callCells(call),
    message.id,
    message.turn_id.replace("t_", ""),
    message.role,
    ...momentCells(beginningOf(call, message)),
    ...textCells(message, kind),
    isUnspoken
      ? `unspoken: ${message.reason}`
      : message.role === "agent"
        ? message.delivery
        : undefined,
    message.started_at,
    message.ended_at,
    message.timestamp,
    wait?.e2e_s,
    wait?.longest?.stage,
    roundedTo6(wait?.longest?.duration_s),
    message.language,
    user?.confidence,
    message.source,
    message.model,
    agent?.voice,
    agent?.agent,
    agent?.llm_model,
    agent?.interrupted_by,
    user?.discarded,
    message.redacted === true ? "true" : undefined,
  ];
}

function* turnRows(call: ExportedCall, kind: TextKind): Generator<readonly Cell[]> {
  const turns = new Map<string, Message[]>();
  for (const message of call.conversation.conversation) {
    const known = turns.get(message.turn_id);
    if (known === undefined) turns.set(message.turn_id, [message]);
    else known.push(message);
  }
  const tools = new Map<string, string[]>();
  for (const event of call.conversation.events)
    if (event.type === "tool_call" && event.turn_id !== undefined)
      tools.set(event.turn_id, [...(tools.get(event.turn_id) ?? []), readToolCall(event).name]);
  for (const [id, messages] of turns) {
    const [first] = messages;
    if (first === undefined) continue;
    const waited = messages.find(
      (message) => message.role === "agent" && message.latency?.e2e_s !== undefined,
    );
    const latency = waited?.role === "agent" ? waited.latency : undefined;
    const stages = new Map(
      sumWait((waited && call.view(waited)?.stages) ?? []).map((each) => [
        each.name,
        each.duration_s,
      ]),
    );
    const texts = kind === "both" ? (["heard", "generated"] as const) : [kind];
    const cutOff = messages.some(
      ({ role, ...rest }) => role === "agent" && "interrupted_by" in rest,
    );
    yield [
      ...callCells(call),
      id.replace("t_", ""),
      ...momentCells(beginningOf(call, first)),
      ...texts.flatMap((each) => [
        joinTexts(messages, "user", each),
        joinTexts(messages, "agent", each),
      ]),
      latency?.e2e_s,
      (tools.get(id) ?? []).join(" "),
      cutOff ? "true" : undefined,
      ...STAGE_NAMES.map((name) => roundedTo6(stages.get(name))),
    ];
  }
}

function joinTexts(messages: readonly Message[], role: Message["role"], kind: TextKind): string {
  return messages
    .filter((message) => message.role === role)
    .map((message) => textOf(message, kind).text)
    .filter((text) => text !== "")
    .join("\n");
}

/** A difference of two times has digits that nobody measured. */
function roundedTo6(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1e6) / 1e6;
}

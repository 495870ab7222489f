import { styles } from "./styles.js";
import type { JsonValue, UnspokenReason } from "../../record/index.js";
import { textOfJson } from "../../record/json-data.js";
import {
  type Aside,
  type MessageLine,
  type TimelineEntry,
  type ToolEntry,
  type ViewedMessage,
  formatMoment,
} from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { type Piece, hangText } from "./wrap-text.js";

/** A tool may answer with a whole file. `--json` has all of it. */
const LONGEST_TEXT = 2000;

/** One entry of a call, as a paragraph. Pure. */
export function formatEntry(entry: TimelineEntry, screen: Screen): string {
  switch (entry.kind) {
    case "message":
      return formatMessage(entry.message, screen);
    case "tool":
      return formatTool(entry, screen);
    case "event":
      return hangText(headOf(entry, "event", styles.dim), describeEvent(entry), screen);
    case "unspoken":
      return hangText(
        headOf(entry, "agent", styles.dim),
        [
          { text: `${entry.text} `, style: styles.dim },
          { text: `(never heard: ${describeUnspoken(entry.reason, entry.error)})` },
        ],
        screen,
      );
  }
}

/** A message, with its facts and its wait. Pure. */
export function formatMessage(message: ViewedMessage, screen: Screen): string {
  const { line, at_s } = message;
  const style = line.who === "user" ? styles.yellow : styles.cyan;
  const remarks = describeRemarks(message);
  return hangText(
    headOf({ at_s, turn: line.turn }, line.who, style),
    [
      { text: line.text },
      ...(remarks.length === 0 ? [] : [{ text: ` (${remarks.join("; ")})`, style: styles.dim }]),
      ...describeWait(line),
    ],
    screen,
  );
}

type Placed = Pick<TimelineEntry, "at_s" | "turn">;

/** The moment, the turn and who it was. */
function headOf({ at_s, turn }: Placed, who: string, style: (text: string) => string): Piece[] {
  const moment = at_s === undefined ? "" : formatMoment(at_s);
  return [
    { text: moment.padStart(7), style: styles.dim },
    { text: ` ${(turn ?? "").padStart(3)} `, style: styles.dim },
    { text: who.padEnd(5), style },
    { text: " " },
  ];
}

const PENDING: Record<NonNullable<ViewedMessage["pending"]>, string> = {
  speaking: "speaking",
  waiting: "is spoken next",
  unknown: "what was heard of it is not known",
};

const DISCARDED: Record<NonNullable<ViewedMessage["discarded"]>, string> = {
  turn_cleared: "not used: the agent cleared the turn",
  not_interruptible: "not used: said over speech that may not be interrupted",
  held_back: "not used: LiveKit made no turn of it",
  stt_node: "not used: the agent's sttNode did not pass it on",
};

function describeRemarks(message: ViewedMessage): string[] {
  const { line, asides, pending, discarded, taken_as, is_text, redacted } = message;
  return [
    ...(is_text === undefined ? [] : [line.who === "user" ? "typed" : "shown, not spoken"]),
    ...(pending === undefined ? [] : [PENDING[pending]]),
    ...(line.unheard === undefined ? [] : [`cut off, not heard: ${line.unheard}`]),
    ...(discarded === undefined ? [] : [DISCARDED[discarded]]),
    ...(taken_as === undefined ? [] : [`taken as: ${taken_as}`]),
    ...(redacted === undefined ? [] : ["changed by the agent's own review"]),
    ...asides.map(formatAside),
  ];
}

function formatAside(aside: Aside): string {
  switch (aside.kind) {
    case "backchannel":
      return "let the agent go on";
    case "cut_in":
      return "cut in on the user";
    case "yield":
      return `silent ${aside.yield_s.toFixed(2)} s after the user began`;
  }
}

function describeWait({ wait }: MessageLine): Piece[] {
  if (wait === undefined) return [];
  const { e2e_s, longest } = wait;
  const why = longest === undefined ? "" : `, ${longest.stage} ${longest.duration_s.toFixed(2)}`;
  return [
    { text: "  " },
    { text: `[${e2e_s.toFixed(2)} s${why}]`, style: styles.magenta, isWhole: true },
  ];
}

function formatTool(tool: Placed & ToolEntry, screen: Screen): string {
  const { name, arguments: given, output, duration_s, outcome } = tool;
  const head = headOf(tool, "tool", styles.green);
  if (outcome === "withheld") return hangText(head, WITHHELD, screen);
  const time = duration_s === undefined ? "" : `  ${duration_s.toFixed(3)} s`;
  const call = hangText(
    head,
    [
      { text: `${name}(${shorten(given)})` },
      ...(outcome === "failed" ? [{ text: " failed", style: styles.red }] : []),
      ...(outcome === "unfinished" ? [{ text: " was cut short", style: styles.yellow }] : []),
      { text: time, style: styles.dim },
    ],
    screen,
  );
  if (output === undefined) return call;
  const below: Piece[] = [{ text: " ".repeat(18) }, { text: "→ ", style: styles.dim }];
  const style = outcome === "failed" ? styles.red : styles.dim;
  return `${call}\n${hangText(below, [{ text: shorten(output), style }], screen)}`;
}

const WITHHELD: Piece[] = [
  { text: "[withheld]" },
  { text: " by the agent's own review", style: styles.dim },
];

function describeEvent(entry: {
  type: string;
  data: { [key: string]: JsonValue };
  isWithheld: boolean;
}): Piece[] {
  const { type, data, isWithheld } = entry;
  const name = type.replaceAll("_", " ");
  if (isWithheld) return [{ text: `${name} ` }, ...WITHHELD];
  const told = (key: string): string => show(data[key]);
  switch (type) {
    case "error": {
      const label = [told("label"), told("kind")].filter((part) => part !== "").join(", ");
      const isFatal = data["recoverable"] === false;
      return [
        {
          text: isFatal ? "error" : "error, tried again",
          style: isFatal ? styles.red : styles.yellow,
        },
        { text: `: ${told("message")}` },
        { text: label === "" ? "" : ` (${label})`, style: styles.dim },
      ];
    }
    case "agent_handoff":
      return [
        { text: "handoff", style: styles.bold },
        { text: `: ${told("from")} → ${told("to")}` },
      ];
    case "service_switch":
      return [
        { text: name, style: styles.yellow },
        {
          text: `: ${told("from")} → ${told("to")}${told("error") && `, because ${told("error")}`}`,
        },
      ];
    default: {
      const facts = Object.keys(data).map((key) => `${key.replaceAll("_", " ")} ${told(key)}`);
      return [
        { text: name },
        { text: facts.length === 0 ? "" : `: ${facts.join(", ")}`, style: styles.dim },
      ];
    }
  }
}

function show(value: JsonValue | undefined): string {
  if (value === undefined) return "";
  return shorten(textOfJson(value));
}

function describeUnspoken(reason: UnspokenReason, error: string | undefined): string {
  const why = {
    discarded: "dropped before it was played",
    failed: "the synthesis failed",
    closed: "the session ended first",
  }[reason];
  return error === undefined ? why : `${why}, ${error}`;
}

function shorten(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  // A pair of surrogates is one character.
  const end = /[\ud800-\udbff]/.test(text[LONGEST_TEXT - 1]!) ? LONGEST_TEXT - 1 : LONGEST_TEXT;
  return `${text.slice(0, end)}… (${text.length - end} more characters, --json has all)`;
}

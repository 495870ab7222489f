import { styles } from "./styles.js";
import type { Latency } from "../../record/index.js";
import type { Aside, ConversationView, MessageLine, ViewedMessage } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { formatFinding } from "./finding-line.js";
import { describeFigures } from "./describe-figures.js";
import { formatSpread } from "./format-spread.js";
import { formatWaterfall } from "./waterfall.js";

const WATERFALL_LABEL_COLUMNS = 26;
const WIDEST_BARS = 48;

/** A conversation in the form for people. A single turn also has the stages of its waits. Pure. */
export function formatConversation(
  { messages, turn, summary, findings, waits }: ConversationView,
  screen: Screen,
): string {
  const lines = messages.flatMap((message) => {
    const line = formatMessage(message);
    return turn === undefined || message.latency === undefined
      ? [line]
      : [line, "", formatWait(message.latency, screen), ""];
  });
  if (turn !== undefined) return lines.join("\n").trimEnd();
  const figures = [
    ...describeFigures(summary),
    ...(waits === undefined ? [] : [`waited ${formatSpread(waits)}`]),
  ];
  return [
    ...findings.map(formatFinding),
    ...(findings.length === 0 ? [] : [""]),
    ...(messages.length === 0 ? [styles.dim("Nothing was said yet")] : []),
    ...lines,
    "",
    ...figures.map((line) => styles.dim(line)),
  ].join("\n");
}

/** The stages of a wait, as wide as the terminal allows. Pure. */
export function formatWait(latency: Latency, screen: Screen): string {
  return formatWaterfall(latency, barColumns(screen));
}

/** The bars end at the terminal's width. In a pipe they have the same width everywhere. */
function barColumns({ columns = WIDEST_BARS + WATERFALL_LABEL_COLUMNS }: Screen): number {
  return Math.max(8, Math.min(WIDEST_BARS, columns - WATERFALL_LABEL_COLUMNS - 1));
}

/** A message on one line, with its facts. Pure. */
export function formatMessage({ line, asides }: ViewedMessage): string {
  const who = line.who === "user" ? styles.yellow("user ") : styles.cyan("agent");
  const notes = [
    ...(line.isPending ? ["what was heard of it is not known"] : []),
    ...(line.unheard === undefined ? [] : [`cut off, not heard: ${line.unheard}`]),
    ...asides.map(formatAside),
  ];
  const note = notes.length === 0 ? "" : ` ${styles.dim(`(${notes.join("; ")})`)}`;
  return `${styles.dim(line.turn.padStart(3))} ${who} ${line.text}${note}${formatBadge(line)}`;
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

function formatBadge({ wait }: MessageLine): string {
  if (wait === undefined) return "";
  const { e2e_s, longest } = wait;
  const why = longest === undefined ? "" : `, ${longest.stage} ${longest.duration_s.toFixed(2)}`;
  return `  ${styles.magenta(`[${e2e_s.toFixed(2)} s${why}]`)}`;
}

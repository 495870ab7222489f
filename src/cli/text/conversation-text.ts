import { styles } from "./styles.js";
import type { ConversationView, WaitStage } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { formatFinding } from "./finding-line.js";
import { describeFigures } from "./describe-figures.js";
import { formatSpread } from "./format-spread.js";
import { formatEntry } from "./timeline-text.js";
import { formatWaterfall } from "../../export/waterfall.js";
import { hangText } from "./wrap-text.js";

const WATERFALL_LABEL_COLUMNS = 26;
const WIDEST_BARS = 48;

/** A conversation in the form for people. A single turn also has the stages of its waits. Pure. */
export function formatConversation(
  { entries, messages, turn, summary, findings, waits }: ConversationView,
  screen: Screen,
): string {
  const lines = entries.flatMap((entry) => {
    const line = formatEntry(entry, screen);
    const stages = entry.kind === "message" ? entry.message.stages : [];
    return turn === undefined || stages.length === 0
      ? [line]
      : [line, "", formatWait(stages, screen), ""];
  });
  if (turn !== undefined) return lines.join("\n").trimEnd();
  const figures = [
    ...describeFigures(summary),
    ...(waits === undefined ? [] : [`waited ${formatSpread(waits)}`]),
  ];
  return [
    ...findings.map((finding) => formatFinding(finding, screen)),
    ...(findings.length === 0 ? [] : [""]),
    ...(messages.length === 0 ? [styles.dim("Nothing was said yet")] : []),
    ...lines,
    "",
    ...figures.map((text) => hangText([], [{ text, style: styles.dim }], screen)),
  ].join("\n");
}

/** The stages of a wait, as wide as the terminal allows. Pure. */
export function formatWait(stages: readonly WaitStage[], screen: Screen): string {
  return formatWaterfall(stages, barColumns(screen));
}

/** The bars end at the terminal's width. In a pipe they have the same width everywhere. */
function barColumns({ columns = WIDEST_BARS + WATERFALL_LABEL_COLUMNS }: Screen): number {
  return Math.max(8, Math.min(WIDEST_BARS, columns - WATERFALL_LABEL_COLUMNS - 1));
}

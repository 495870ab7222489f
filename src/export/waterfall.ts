import type { WaitStage } from "../insight/index.js";

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/**
 * A wait as text: one line for each stage, with a bar at its time. Pure.
 *
 * @param columns the width of the bars' area
 */
export function formatWaterfall(stages: readonly WaitStage[], columns = 48): string {
  const first = stages[0]?.start_s ?? 0;
  const total_s = (stages.at(-1)?.end_s ?? 0) - first;
  if (stages.length === 0 || total_s <= 0) return "No stage of this wait was observed";

  const lines = stages.map((stage) => {
    const label = stage.name.replaceAll("_", " ").padEnd(15);
    const seconds = `${(stage.end_s - stage.start_s).toFixed(3)} s`.padStart(9);
    return `${label}${seconds}  ${drawBar(stage, first, total_s, columns)}`;
  });
  const sum = `${total_s.toFixed(3)} s`.padStart(9);
  return [...lines, `${"together".padEnd(15)}${sum}`].join("\n");
}

function drawBar(stage: WaitStage, first: number, total_s: number, columns: number): string {
  const start = ((stage.start_s - first) / total_s) * columns;
  const indent = Math.floor(start);
  const eighths = Math.round(((stage.end_s - stage.start_s) / total_s) * columns * 8);
  const bar = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return " ".repeat(indent) + (bar === "" ? "▏" : bar);
}

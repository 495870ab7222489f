import { createRequire } from "node:module";
import type Tables from "cli-table3";
import type { MessageLine } from "../../insight/index.js";

const require = createRequire(import.meta.url);
const TEXT_COLUMNS = 56;

/** A conversation as a table for people: who said what, and how long the caller waited for it. */
export function formatTurns(lines: readonly MessageLine[]): string {
  // Only the demo has a table with borders, so no other command waits for it to be loaded.
  const Table = require("cli-table3") as typeof Tables;
  const table = new Table({
    head: ["turn", "who", "what was heard", "waited", "the longest part of it"],
    colWidths: [6, 7, TEXT_COLUMNS, 9, 26],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const line of lines) table.push([line.turn, line.who, textOf(line), ...waitOf(line)]);
  return table.toString();
}

function textOf({ text, unheard }: MessageLine): string {
  return unheard === undefined ? text : `${text} — (cut off; not heard: ${unheard})`;
}

function waitOf({ wait }: MessageLine): [waited: string, longest: string] {
  if (wait === undefined) return ["", ""];
  const { e2e_s, longest } = wait;
  return [
    `${e2e_s.toFixed(2)} s`,
    longest === undefined ? "" : `${longest.stage} ${longest.duration_s.toFixed(2)} s`,
  ];
}

import { segmentGraphemes } from "../../record/index.js";
import type { Screen } from "../run-command.js";
import { widthOf } from "./text-width.js";

/** A style, e.g. of picocolors. It must not change the readable text. */
type Style = (text: string) => string;

/** One cell: its text without styles, and its style. */
export interface Cell {
  text: string;
  style?: Style;
  /** Whether the cell is aligned right, as numbers are. */
  isRight?: boolean;
}

const BETWEEN = "  ";
const CUT = "…";

/**
 * Rows as lines with aligned columns. A Chinese letter takes two places, a Hindi vowel sign none, an
 * emoji two. On a terminal the last column is cut at the end of the line. Pure.
 */
export function alignColumns(rows: readonly (readonly Cell[])[], { columns }: Screen): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, { text, isRight }] of row.entries())
      if (isRight === true || at < row.length - 1 || row.length < (rows[0]?.length ?? 0))
        widths[at] = Math.max(widths[at] ?? 0, widthOf(text));
  return rows.map((row) => {
    let left = columns ?? Infinity;
    return row
      .map((cell, at) => {
        const isLast = at === row.length - 1;
        const text = isLast ? cutToWidth(cell.text, left) : cell.text;
        const filling = " ".repeat(
          isLast && cell.isRight !== true ? 0 : Math.max(0, (widths[at] ?? 0) - widthOf(text)),
        );
        left -= (widths[at] ?? 0) + BETWEEN.length;
        const shown = cell.style?.(text) ?? text;
        return cell.isRight === true ? filling + shown : shown + filling;
      })
      .join(BETWEEN)
      .trimEnd();
  });
}

/** No column gets narrower than this, because nothing could be read in it. */
const NARROWEST = 8;

/**
 * The widths that columns may have so that each row fits into a line of the terminal. The widest ones
 * give way first. In a file or a pipe no column has a limit. Pure.
 */
export function fitWidths(
  rows: readonly (readonly string[])[],
  { columns }: Screen,
): readonly number[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, text] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(text));
  if (columns === undefined) return widths;
  const room = columns - BETWEEN.length * (widths.length - 1);
  const most = widths.reduce((largest, width) => Math.max(largest, width), 0);
  let widest = Math.max(NARROWEST, Math.min(room, most));
  while (widest > NARROWEST && widths.reduce((sum, each) => sum + Math.min(each, widest), 0) > room)
    widest -= 1;
  return widths.map((width) => Math.min(width, widest));
}

/** Cuts a text to at most `width` places, at a grapheme. Pure. */
export function cutToWidth(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let taken = 0;
  for (const { text: grapheme } of segmentGraphemes(text)) {
    taken += widthOf(grapheme);
    if (taken > width - 1) break;
    kept += grapheme;
  }
  return kept + CUT;
}

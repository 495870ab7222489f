import stringWidth from "string-width";
import { segmentGraphemes } from "../../record/index.js";
import type { Screen } from "../run-command.js";

/** A style, e.g. of picocolors. It must not change what is to be read. */
type Style = (text: string) => string;

/** One cell: its text without styles, and how it is shown. */
export interface Cell {
  text: string;
  style?: Style;
  /** Numbers stand at the right. */
  isRight?: boolean;
}

const BETWEEN = "  ";
const CUT = "…";

/**
 * Rows as lines whose columns are as wide as what they hold: a letter of Chinese takes two places, a
 * vowel sign of Hindi none, an emoji two. On a terminal the last column is cut where the line ends.
 * Pure.
 */
export function alignColumns(rows: readonly (readonly Cell[])[], { columns }: Screen): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, { text }] of row.entries())
      if (at < row.length - 1 || row.length < (rows[0]?.length ?? 0))
        widths[at] = Math.max(widths[at] ?? 0, stringWidth(text));
  return rows.map((row) => {
    let left = columns ?? Infinity;
    return row
      .map((cell, at) => {
        const isLast = at === row.length - 1;
        const text = isLast ? cutToWidth(cell.text, left) : cell.text;
        const filling = " ".repeat(
          isLast && cell.isRight !== true ? 0 : Math.max(0, (widths[at] ?? 0) - stringWidth(text)),
        );
        left -= (widths[at] ?? 0) + BETWEEN.length;
        const shown = cell.style?.(text) ?? text;
        return cell.isRight === true ? filling + shown : shown + filling;
      })
      .join(BETWEEN)
      .trimEnd();
  });
}

/** A text of at most so many places, cut between what people call letters. Pure. */
export function cutToWidth(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = "";
  let taken = 0;
  for (const { text: grapheme } of segmentGraphemes(text)) {
    taken += stringWidth(grapheme);
    if (taken > width - 1) break;
    kept += grapheme;
  }
  return kept + CUT;
}

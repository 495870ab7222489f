import { styles } from "./styles.js";
import {
  type ComparedFigure,
  type ComparedSide,
  type Comparison,
  type Difference,
  type Verdict,
  formatMoment,
} from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { type Cell, alignColumns } from "./columns.js";
import { SEVERITY_MARKS } from "./severity-marks.js";
import { hangText } from "./wrap-text.js";

const STYLES: Record<Verdict, (text: string) => string> = {
  slower: styles.red,
  more: styles.red,
  faster: styles.green,
  fewer: styles.green,
  cannot_tell: styles.dim,
};

/** The comparison of calls before and after, side by side, for people. Pure. */
export function formatComparison(comparison: Comparison, screen: Screen): string {
  const { a, b, differs, figures, worst_of_b, resamples, seed } = comparison;
  const sides = alignColumns([describeSide("A", a), describeSide("B", b)], screen);
  const worst = alignColumns(
    worst_of_b.map(({ name, at_s, severity, text }): Cell[] => [
      { text: SEVERITY_MARKS[severity].mark, style: SEVERITY_MARKS[severity].style },
      { text: `${name}@${formatMoment(at_s)}` },
      { text },
    ]),
    screen,
  );
  const how =
    resamples === 0
      ? "With fewer than 10 calls on a side nobody can tell a difference from chance"
      : `Calls were drawn anew ${resamples} times, seed ${seed}; an interval that holds 0 is "cannot tell"`;
  return [
    sides.join("\n"),
    formatDifferences(differs, screen),
    formatFigures(figures, ["A", "B"], screen),
    ...(worst.length === 0 ? [] : [[styles.bold("The worst calls of B"), ...worst].join("\n")]),
    hangText([], [{ text: how, style: styles.dim }], screen),
  ].join("\n\n");
}

/** Figures of two sides with their difference. On a narrow terminal the interval is left out. Pure. */
export function formatFigures(
  figures: readonly ComparedFigure[],
  sides: readonly [string, string],
  screen: Screen,
): string {
  const isNarrow = (screen.columns ?? Infinity) < NARROW;
  const head = ["", ...sides, "change", "interval", "verdict"].map((text, at): Cell => ({
    text,
    style: styles.bold,
    isRight: at > 0 && at < 4,
  }));
  const rows = [head, ...figures.map(describeFigure)];
  return alignColumns(
    isNarrow ? rows.map((row) => row.filter((_, at) => at !== INTERVAL_PLACE)) : rows,
    screen,
  ).join("\n");
}

const NARROW = 90;
const INTERVAL_PLACE = 4;

function describeSide(name: string, { calls, replies, from, to }: ComparedSide): Cell[] {
  return [
    { text: name, style: styles.bold },
    { text: `${calls} calls`, isRight: true },
    { text: `${replies} replies`, isRight: true },
    { text: from === undefined ? "" : from === to ? from : `${from} to ${to}` },
  ];
}

function describeFigure(figure: ComparedFigure): Cell[] {
  const { name, statistic, unit, interval, level, verdict } = figure;
  const digits = unit === "s" ? 3 : 1;
  const show = (value: number): string => value.toFixed(digits);
  const signed = (value: number): string => `${value > 0 ? "+" : ""}${show(value)}`;
  const label =
    statistic === "per_100_calls"
      ? `${name} in 100 calls`
      : `${name === "e2e_s" ? "wait" : name.replaceAll("_", " ")} ${statistic}, s`;
  return [
    { text: label },
    { text: show(figure.a), isRight: true },
    { text: show(figure.b), isRight: true },
    { text: signed(figure.difference), isRight: true },
    {
      text:
        interval === undefined
          ? "-"
          : `${signed(interval.low)} to ${signed(interval.high)} (${Math.round(level * 100)}%)`,
    },
    { text: verdict.replace("_", " "), style: STYLES[verdict] },
  ];
}

/** What occurs on one side only. Pure. */
export function formatDifferences(differs: readonly Difference[], screen: Screen): string {
  if (differs.length === 0) return styles.dim("Nothing else differs, as far as the records tell");
  return differs
    .map(({ what, only_a, only_b }) =>
      hangText(
        [{ text: `${what}: ` }],
        [{ text: [...nameOnly("A", only_a), ...nameOnly("B", only_b)].join("; ") }],
        screen,
      ),
    )
    .join("\n");
}

/** A value that both sides have is not listed, so a side without one of its own is left out. */
function nameOnly(side: "A" | "B", names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`only in ${side}: ${names.join(", ")}`];
}

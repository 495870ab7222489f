import { styles } from "./styles.js";
import { type CsvCell, toCsvRecords } from "../../export/csv-records.js";
import type { LatencyChange, LatencyGroup, Spread } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { type Cell, alignColumns, cutToWidth } from "./columns.js";
import { formatFigures } from "./comparison-text.js";
import { hangText } from "./wrap-text.js";

const COLUMNS = ["n", "min", "p50", "p95", "p99", "max"] as const;
type Column = (typeof COLUMNS)[number];
/** What a narrow terminal goes without, first to last. */
const DISPENSABLE: readonly Column[] = ["min", "p99", "max"];
const LABEL_COLUMNS = 15;
const CELL_COLUMNS = 8;

/** The distribution of the waits for some replies, in seconds, one row for each stage. Pure. */
export function formatLatencyGroup({ key, e2e_s, stages_s }: LatencyGroup, screen: Screen): string {
  const shown = columnsFor(screen);
  const rows = [...rowsOf(stages_s), ["together", e2e_s] as const];
  const head = shown.map((column) => column.padStart(CELL_COLUMNS)).join("");
  return [
    styles.bold(cutToWidth(key, screen.columns ?? Infinity)),
    styles.dim(`${"".padEnd(LABEL_COLUMNS)}${head}`),
    ...rows.map(
      ([name, spread]) =>
        `${name.replaceAll("_", " ").padEnd(LABEL_COLUMNS)}${shown.map((column) => cell(spread, column)).join("")}`,
    ),
  ].join("\n");
}

function rowsOf(stages_s: LatencyGroup["stages_s"]): [name: string, spread: Spread][] {
  return Object.entries(stages_s);
}

function columnsFor({ columns = Infinity }: Screen): readonly Column[] {
  let shown: readonly Column[] = COLUMNS;
  for (const column of DISPENSABLE)
    if (LABEL_COLUMNS + shown.length * CELL_COLUMNS > columns)
      shown = shown.filter((each) => each !== column);
  return shown;
}

function cell(spread: Spread, column: Column): string {
  const value = spread[column];
  if (value === undefined) return "-".padStart(CELL_COLUMNS);
  return (column === "n" ? String(value) : value.toFixed(3)).padStart(CELL_COLUMNS);
}

/** The waits of groups, as `formatLatencyGroup()` has them, as CSV. Pure. */
export function formatLatencyCsv(groups: readonly LatencyGroup[]): string {
  return formatCsv([
    ["group", "stage", "n", "min_s", "p50_s", "p95_s", "p99_s", "max_s"],
    ...groups.flatMap(({ key, e2e_s, stages_s }) =>
      [...rowsOf(stages_s), ["together", e2e_s] as const].map(([stage, spread]) => [
        key,
        stage,
        ...COLUMNS.map((column) => spread[column]),
      ]),
    ),
  ]);
}

/** The conclusion, then each figure before and now. Pure. */
export function formatLatencyChange(change: LatencyChange, screen: Screen): string {
  const { before, after, figures, conclusion } = change;
  const sides = [["before", before] as const, ["now", after] as const].map(
    ([name, { calls, replies, from, to }]): Cell[] => [
      { text: name, style: styles.bold },
      { text: `${calls} calls`, isRight: true },
      { text: `${replies} replies`, isRight: true },
      { text: from === undefined ? "" : from === to ? from : `${from} to ${to}` },
    ],
  );
  return [
    hangText([], [{ text: conclusion, style: styles.bold }], screen),
    alignColumns(sides, screen).join("\n"),
    ...(figures.length === 0 ? [] : [formatFigures(figures, ["before", "now"], screen)]),
  ].join("\n\n");
}

/** Pure. */
export function formatLatencyChangeCsv({ figures }: LatencyChange): string {
  return formatCsv([
    ["stage", "statistic", "before_s", "now_s", "difference_s", "low_s", "high_s", "verdict"],
    ...figures.map(({ name, statistic, a, b, difference, interval, verdict }) => [
      name === "e2e_s" ? "together" : name,
      statistic,
      a,
      b,
      difference,
      interval?.low,
      interval?.high,
      verdict,
    ]),
  ]);
}

/** The output ends the last line itself. */
function formatCsv(rows: readonly (readonly CsvCell[])[]): string {
  return toCsvRecords(rows, { lineEnd: "\n" }).replace(/\n$/, "");
}

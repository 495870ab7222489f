import type { LatencyGroup, Spread } from "../../insight/index.js";

const COLUMNS = ["n", "min", "p50", "p95", "p99", "max"] as const;

/** The distribution of the waits for some replies, in seconds, one row for each stage. Pure. */
export function formatLatencyGroup({ key, e2e_s, stages_s }: LatencyGroup): string {
  const rows: [name: string, spread: Spread][] = [
    ...Object.entries(stages_s).map(
      ([name, spread]) => [name.replaceAll("_", " "), spread] as [string, Spread],
    ),
    ["together", e2e_s],
  ];
  const head = COLUMNS.map((column) => column.padStart(7)).join("");
  return [
    key,
    `${"".padEnd(15)}${head}`,
    ...rows.map(
      ([name, spread]) =>
        `${name.padEnd(15)}${COLUMNS.map((column) => cell(spread, column)).join("")}`,
    ),
  ].join("\n");
}

function cell(spread: Spread, column: (typeof COLUMNS)[number]): string {
  const value = spread[column];
  if (value === undefined) return "-".padStart(7);
  return (column === "n" ? String(value) : value.toFixed(3)).padStart(7);
}

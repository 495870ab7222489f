import { styles } from "./styles.js";
import { type ListedCall, findWorst } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { describeStart } from "./call-start.js";
import { type Cell, alignColumns, cutToWidth } from "./columns.js";
import { SEVERITY_MARKS } from "./severity-marks.js";
import { drawSparkline } from "./sparkline.js";

const WAITS_PLACES = 8;

/** On a narrower terminal the finding stands on a line of its own, and some columns are left out. */
const NARROW = 120;
const VERY_NARROW = 75;

/**
 * Calls as lines: the worst finding's mark, when, who, how long, the median wait and each wait, name,
 * and why. Pure.
 */
export function formatCallList(calls: readonly ListedCall[], screen: Screen): string {
  const { columns = Infinity } = screen;
  if (columns >= NARROW) return alignColumns(calls.map(describeCall), screen).join("\n");
  const rows = calls.map(describeCall);
  const heads = rows.map(([mark, when, , length, wait, , name]) =>
    [mark, when, ...(columns < VERY_NARROW ? [] : [length, wait]), name].flatMap((cell) =>
      cell === undefined ? [] : [cell],
    ),
  );
  const reasons = rows.map((row) => row.at(-1)?.text ?? "");
  return alignColumns(heads, screen)
    .flatMap((head, n) => [
      head,
      ...(reasons[n] === "" ? [] : [cutToWidth(`   ${reasons[n]}`, columns)]),
    ])
    .join("\n");
}

function describeCall(call: ListedCall): Cell[] {
  const worst = findWorst(call.findings);
  const mark = worst === undefined ? undefined : SEVERITY_MARKS[worst.severity];
  const others = call.findings.length - 1;
  const why = worst === undefined ? "" : `${worst.text}${others > 0 ? ` +${others}` : ""}`;
  const said = [
    ...(call.verdict ? [call.verdict] : []),
    ...(call.tags ?? []).map((tag) => `#${tag}`),
  ].join(" ");
  return [
    { text: mark?.mark ?? " ", ...(mark && { style: mark.style }) },
    { text: describeStart(call.started_at) },
    { text: call.agents[0] ?? "-" },
    { text: secondsOf(call.duration_s, 0), isRight: true },
    { text: `waited ${secondsOf(call.median_wait_s, 2)}` },
    { text: drawSparkline(call.waits_s, WAITS_PLACES), style: styles.cyan },
    { text: call.name },
    { text: [said, why].filter((part) => part !== "").join("  ") },
  ];
}

function secondsOf(value: number | undefined, digits: number): string {
  return value === undefined ? "-" : `${value.toFixed(digits)} s`;
}

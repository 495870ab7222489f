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
  const cells = calls.map(describeCall);
  if (columns >= NARROW)
    return alignColumns(
      cells.map((call) => [
        call.mark,
        call.when,
        call.agent,
        call.length,
        call.wait,
        call.waits,
        call.name,
        call.why,
      ]),
      screen,
    ).join("\n");
  const heads = cells.map(({ mark, when, length, wait, name }) =>
    columns < VERY_NARROW ? [mark, when, name] : [mark, when, length, wait, name],
  );
  return alignColumns(heads, screen)
    .flatMap((head, n) => {
      const why = cells[n]?.why.text ?? "";
      return why === "" ? [head] : [head, cutToWidth(`   ${why}`, columns)];
    })
    .join("\n");
}

type CallCells = Record<
  "mark" | "when" | "agent" | "length" | "wait" | "waits" | "name" | "why",
  Cell
>;

function describeCall(call: ListedCall): CallCells {
  const worst = findWorst(call.findings);
  const mark = worst === undefined ? undefined : SEVERITY_MARKS[worst.severity];
  const others = call.findings.length - 1;
  const why = worst === undefined ? "" : `${worst.text}${others > 0 ? ` +${others}` : ""}`;
  const said = [
    ...(call.verdict ? [call.verdict] : []),
    ...(call.tags ?? []).map((tag) => `#${tag}`),
  ].join(" ");
  return {
    mark: { text: mark?.mark ?? " ", ...(mark && { style: mark.style }) },
    when: { text: describeStart(call.started_at) },
    agent: { text: call.agents[0] ?? "-" },
    length: { text: secondsOf(call.duration_s, 0), isRight: true },
    wait: { text: `waited ${secondsOf(call.median_wait_s, 2)}` },
    waits: { text: drawSparkline(call.waits_s, WAITS_PLACES), style: styles.cyan },
    name: { text: call.name },
    why: { text: [said, why].filter((part) => part !== "").join("  ") },
  };
}

function secondsOf(value: number | undefined, digits: number): string {
  return value === undefined ? "-" : `${value.toFixed(digits)} s`;
}

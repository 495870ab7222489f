import pc from "picocolors";
import { type ListedCall, findWorst } from "../../insight/index.js";

const MARKS = { bad: pc.red("◆"), warn: pc.yellow("▲"), note: pc.dim("●") };

/**
 * Calls as lines: the mark of the worst finding, the time, the duration, the median wait, the name, and
 * the reason. Pure.
 */
export function formatCallList(calls: readonly ListedCall[]): string {
  const widest = Math.max(0, ...calls.map(({ name }) => name.length));
  return calls
    .map((call) => {
      const worst = findWorst(call.findings);
      const others = call.findings.length - 1;
      const why =
        worst === undefined ? "" : `${worst.text}${others > 0 ? pc.dim(` +${others}`) : ""}`;
      const said = [
        ...(call.verdict ? [call.verdict] : []),
        ...(call.tags ?? []).map((tag) => `#${tag}`),
      ];
      return [
        worst === undefined ? " " : MARKS[worst.severity],
        call.started_at.slice(0, 16).replace("T", " "),
        secondsOf(call.duration_s, 0).padStart(6),
        `waited ${secondsOf(call.median_wait_s, 2)}`.padEnd(13),
        call.name.padEnd(widest),
        [why, ...(said.length === 0 ? [] : [pc.cyan(said.join(" "))])].join("  ").trim(),
      ]
        .join("  ")
        .trimEnd();
    })
    .join("\n");
}

function secondsOf(value: number | undefined, digits: number): string {
  return value === undefined ? "-" : `${value.toFixed(digits)} s`;
}

import pc from "picocolors";
import type { DoctorCheck } from "../doctor/doctor-check.js";

const MARKS: Record<DoctorCheck["outcome"], string> = {
  ok: pc.green("✓"),
  warn: pc.yellow("▲"),
  bad: pc.red("◆"),
};

/** A line for each thing that was looked at, with the way out below what is not right. Pure. */
export function formatDoctor(checks: readonly DoctorCheck[]): string {
  const widest = Math.max(0, ...checks.map(({ what }) => what.length));
  return checks
    .flatMap(({ what, outcome, fact, way_out }) => [
      `${MARKS[outcome]} ${what.padEnd(widest)}  ${fact}`,
      ...(way_out === undefined ? [] : [pc.dim(`  ${"".padEnd(widest)}  → ${way_out}`)]),
    ])
    .join("\n");
}

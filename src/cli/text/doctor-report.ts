import { styles } from "./styles.js";
import type { DoctorCheck } from "../doctor/doctor-check.js";

const MARKS: Record<DoctorCheck["outcome"], string> = {
  ok: styles.green("✓"),
  warn: styles.yellow("▲"),
  bad: styles.red("◆"),
};

/** One line for each check, with the way out below it if it is not `ok`. Pure. */
export function formatDoctor(checks: readonly DoctorCheck[]): string {
  const widest = Math.max(0, ...checks.map(({ what }) => what.length));
  return checks
    .flatMap(({ what, outcome, fact, way_out }) => [
      `${MARKS[outcome]} ${what.padEnd(widest)}  ${fact}`,
      ...(way_out === undefined ? [] : [styles.dim(`  ${"".padEnd(widest)}  → ${way_out}`)]),
    ])
    .join("\n");
}

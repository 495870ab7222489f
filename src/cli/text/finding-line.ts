import pc from "picocolors";
import { type Finding, type Severity, formatMoment } from "../../insight/index.js";

/** The marks differ by shape as well as by colour. */
const MARKS: Record<Severity, string> = {
  bad: pc.red("◆ bad "),
  warn: pc.yellow("▲ warn"),
  note: pc.dim("● note"),
};

/** A finding as a line: its severity, its moment (for `show NAME@…`), and its text. Pure. */
export function formatFinding({ severity, at_s, text }: Finding): string {
  return `${MARKS[severity]} ${pc.dim(`@${formatMoment(at_s)}`.padEnd(8))} ${text}`;
}

import { styles } from "./styles.js";
import { type Finding, type Severity, formatMoment } from "../../insight/index.js";

/** The marks differ by shape as well as by colour. */
const MARKS: Record<Severity, string> = {
  bad: styles.red("◆ bad "),
  warn: styles.yellow("▲ warn"),
  note: styles.dim("● note"),
};

/** A finding as a line: its severity, its moment (for `show NAME@…`), and its text. Pure. */
export function formatFinding({ severity, at_s, text }: Finding): string {
  return `${MARKS[severity]} ${styles.dim(`@${formatMoment(at_s)}`.padEnd(8))} ${text}`;
}

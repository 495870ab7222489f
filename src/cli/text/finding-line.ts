import { styles } from "./styles.js";
import { type Finding, formatMoment } from "../../insight/index.js";
import type { Screen } from "../run-command.js";
import { SEVERITY_MARKS } from "./severity-marks.js";
import { hangText } from "./wrap-text.js";

/** A finding as a line: its severity, its moment (for `show NAME@…`), and its text. Pure. */
export function formatFinding({ severity, at_s, text }: Finding, screen: Screen): string {
  const { mark, style } = SEVERITY_MARKS[severity];
  return hangText(
    [
      { text: `${mark} ${severity.padEnd(4)}`, style },
      { text: ` ${`@${formatMoment(at_s)}`.padEnd(8)} `, style: styles.dim },
    ],
    [{ text }],
    screen,
  );
}

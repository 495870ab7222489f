import { styles } from "./styles.js";
import type { Severity } from "../../insight/index.js";

/** The marks differ by shape as well as by colour. */
export const SEVERITY_MARKS: Record<Severity, { mark: string; style: (text: string) => string }> = {
  bad: { mark: "◆", style: styles.red },
  warn: { mark: "▲", style: styles.yellow },
  note: { mark: "●", style: styles.dim },
};
